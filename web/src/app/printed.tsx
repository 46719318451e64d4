import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { useFormat, useT } from '../lib/i18n.tsx';
import { serverNow } from '../lib/now.ts';

/** The foot of what is printed: where it comes from, and when. What is folded away is open on paper. */
export function Printed() {
  const t = useT();
  const f = useFormat();
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    let opened: HTMLDetailsElement[] = [];
    const before = (): void => {
      flushSync(() => setAt(serverNow()));
      opened = [...document.querySelectorAll<HTMLDetailsElement>('main details:not([open])')];
      for (const folded of opened) folded.open = true;
    };
    const after = (): void => {
      for (const folded of opened) folded.open = false;
      setAt(null);
    };
    addEventListener('beforeprint', before);
    addEventListener('afterprint', after);
    return () => {
      removeEventListener('beforeprint', before);
      removeEventListener('afterprint', after);
    };
  }, []);
  return at === null ? null : <footer className="printed">{t.app.printed(location.href, f.dateTime(new Date(at).toISOString()))}</footer>;
}
