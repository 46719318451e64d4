import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useT } from '../lib/i18n.tsx';
import { setPageTitle } from '../lib/tab.ts';

type PageProps = { title: string; crumbs?: readonly (readonly [href: string, name: string])[]; aside?: ReactNode; children: ReactNode };

// The first page of a visit leaves the focus where the browser put it.
let visited = false;

/** A page: its heading, the way up, the tab's title; arriving moves the focus to the heading. */
export function Page({ title, crumbs = [], aside, children }: PageProps) {
  const t = useT();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => setPageTitle(title), [title]);
  useEffect(() => {
    if (visited) heading.current?.focus();
    visited = true;
  }, []);
  return (
    <>
      {crumbs.length > 0 && (
        <nav className="crumbs" aria-label={t.app.breadcrumb}>
          <ol>
            {crumbs.map(([href, name]) => <li key={href}><Link href={href}>{name}</Link></li>)}
          </ol>
        </nav>
      )}
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        {aside}
      </div>
      {children}
    </>
  );
}
