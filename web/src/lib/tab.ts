type Worst = 'ok' | 'warning' | 'error' | 'unknown';

// What the browser's tab shows, kept together because page and status change at different times.
const tab = { page: '', organization: '', worst: null as Worst | null, problems: 0 };

function show(): void {
  const count = tab.problems > 0 ? `(${tab.problems}) ` : '';
  document.title = `${count}${[tab.page, tab.organization, 'Syncward'].filter(Boolean).join(' – ')}`;
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const href = `/icon-${tab.worst ?? 'unknown'}.svg`;
  if (icon && icon.getAttribute('href') !== href) icon.setAttribute('href', href);
}

export function setPageTitle(page: string): void {
  tab.page = page;
  show();
}

/** The tab follows the worst status; `null` when no organization is on the page. */
export function setTabStatus(status: { organization: string; worst: Worst; problems: number } | null): void {
  tab.organization = status?.organization ?? '';
  tab.worst = status?.worst ?? null;
  tab.problems = status?.problems ?? 0;
  show();
}
