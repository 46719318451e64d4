import { useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { markRead } from '../../lib/actions.ts';
import { useClient } from '../../lib/client-context.tsx';
import { explain } from '../../lib/finding.ts';
import type { Format } from '../../lib/format.ts';
import { useFormat, useT } from '../../lib/i18n.tsx';
import type { Messages } from '../../lib/i18n/nb.ts';
import type { ManageWords } from '../../lib/i18n/nb-manage.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { Notification } from '../../lib/rows.ts';
import type { StatusKind } from '../../lib/status.ts';

const SEVERITY: Record<string, StatusKind> = { critical: 'error', high: 'error', medium: 'warning', low: 'warning' };

function explained({ notice }: Notification, t: Messages, f: Format): string {
  if (!notice?.alarm) return '';
  const evidence = { failures: notice.failures, records: notice.cause?.records, field: notice.cause?.field };
  return explain({ rule: notice.alarm, severity: '', evidence }, t, f).what;
}

function headline(notification: Notification, t: Messages, f: Format, words: ManageWords): string {
  const name = notification.integration_name ?? '';
  if (notification.kind === 'recovered') return words.inbox.recovered(name);
  if (notification.kind === 'raised') return words.inbox.raised(name);
  if (notification.kind === 'test') return words.notifications.test;
  const { news } = notification.notice ?? {};
  if (notification.kind === 'asked' && news) return words.notifications.asked(name, printable(news.by));
  if (notification.kind === 'decided' && news) return words.notifications.decided(name, printable(news.by), news.agreed ?? false);
  if (notification.kind === 'reminded') return words.notifications.reminded(name, explained(notification, t, f));
  return words.inbox.opened(name, explained(notification, t, f));
}

function detail(notification: Notification, t: Messages, f: Format, words: ManageWords): string {
  const { kind, notice } = notification;
  if (notice?.news) return [words.notifications.records(notice.news.records), notice.news.reason && printable(notice.news.reason)].filter(Boolean).join(' · ');
  if (!notice || kind === 'recovered' || kind === 'test') return '';
  return [
    kind === 'raised' && explained(notification, t, f),
    !notice.cause && notice.open_failed && `${words.inbox.openFailed(notice.open_failed)}.`,
    notice.amounts.length > 0 && `${t.overview.notAcross(f.amounts(notice.amounts))}.`,
  ].filter(Boolean).join(' ');
}

/** Where it leads: the cause it is about, else the integration. */
function hrefOf({ integration_slug: slug, notice }: Notification, org: string): string | null {
  if (!slug) return null;
  return notice?.cause ? paths.cause(org, slug, notice.cause.id) : paths.integration(org, slug);
}

/** One notification: unread by dot, edge, weight and word; opening it marks it as read. */
export function NoticeItem({ notification }: { notification: Notification }) {
  const t = useT();
  const f = useFormat();
  const words = useManageWords();
  const client = useClient();
  const queries = useQueryClient();
  const { org } = useOrg();
  const unread = !notification.read_at;
  const quoted = notification.notice?.cause?.message ?? notification.notice?.error?.message;
  const fine = ['recovered', 'decided', 'test'].includes(notification.kind);
  const kind = fine ? 'ok' : SEVERITY[notification.severity ?? ''] ?? 'unknown';
  const read = (): void => {
    if (!unread) return;
    // Not worth a message of its own: if it fails the notification just stays unread.
    markRead(client, { org: org.id, notifications: [notification.id] })
      .then(() => queries.invalidateQueries({ queryKey: ['org', org.id, 'notifications'] }), () => undefined);
  };
  const title = headline(notification, t, f, words);
  const more = detail(notification, t, f, words);
  const href = hrefOf(notification, org.slug);
  return (
    <li className={unread ? 'notice notice-unread' : 'notice'}>
      <div className="row">
        <h3>
          {unread && <span className="unread-dot">{words.inbox.unread}</span>}{' '}
          {href ? <Link href={href} onClick={read}>{title}</Link> : title}
        </h3>
        <StatusPill kind={kind} word={fine ? undefined : words.inbox.severities[notification.severity ?? '']} />
      </div>
      {more && <p>{more}</p>}
      {quoted && !fine && <p lang="en" className="quote">{printable(quoted)}</p>}
      <p className="muted"><Time iso={notification.created_at} as="both" /></p>
    </li>
  );
}
