import { useEffect, useId, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { MenuIcon } from '../components/icons.tsx';
import { Bell } from '../features/notifications/bell.tsx';
import { useT } from '../lib/i18n.tsx';
import { paths, useOrg } from '../lib/org.tsx';
import type { Organization } from '../lib/rows.ts';
import { AccountMenu } from './account-menu.tsx';

function OrganizationSwitch({ organizations }: { organizations: readonly Organization[] }) {
  const t = useT();
  const { org } = useOrg();
  const [, navigate] = useLocation();
  const id = useId();
  if (organizations.length < 2) return <strong className="org-name">{org.name}</strong>;
  return (
    <>
      <label className="sr" htmlFor={id}>{t.app.organization}</label>
      <select id={id} className="org-name" value={org.slug} onChange={(event) => navigate(paths.overview(event.currentTarget.value))}>
        {organizations.map(({ slug, name }) => <option key={slug} value={slug}>{name}</option>)}
      </select>
    </>
  );
}

/** Organization, main menu, bell and account, on every page. */
export function Header({ organizations }: { organizations: readonly Organization[] }) {
  const t = useT();
  const { org } = useOrg();
  const [path] = useLocation();
  const items = [[paths.overview(org.slug), t.app.overview], [paths.notifications(org.slug), t.app.notifications], [paths.report(org.slug), t.app.report],
    [paths.grantReport(org.slug), t.app.grantReport], [paths.maintenance(org.slug), t.app.maintenance], [paths.members(org.slug), t.app.members], [paths.audit(org.slug), t.app.audit]] as const;
  const menu = useRef<HTMLElement>(null);
  const id = useId();
  useEffect(() => {
    if (menu.current?.matches(':popover-open')) menu.current.hidePopover();
  }, [path]);
  return (
    <header className="header">
      <button type="button" className="menu-button main-menu-button" popoverTarget={`${id}-menu`} aria-label={t.app.main}><MenuIcon /></button>
      <OrganizationSwitch organizations={organizations} />
      <nav ref={menu} id={`${id}-menu`} popover="auto" className="main-menu" aria-label={t.app.main}>
        <ul className="plain">
          {items.map(([href, name]) => (
            <li key={href}><Link href={href} aria-current={path === href ? 'page' : undefined}>{name}</Link></li>
          ))}
        </ul>
      </nav>
      <Bell />
      <AccountMenu />
    </header>
  );
}
