import { createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';

/** The least that React can be: a heading, and a button that shows and hides a list. */
function Shell() {
  const [open, setOpen] = useState(true);
  return createElement('main', null,
    createElement('h1', null, 'Shell'),
    createElement('button', { type: 'button', onClick: () => setOpen(!open) }, 'Toggle'),
    open && createElement('ul', null, Array.from({ length: 40 }, (_, n) => createElement('li', { key: n }, `Line ${n}`))));
}

const root = document.getElementById('root');
if (root) createRoot(root).render(createElement(Shell));
