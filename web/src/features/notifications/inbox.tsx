import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import { ActionButton } from '../../components/action-button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { markRead } from '../../lib/actions.ts';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { membersQuery } from '../../lib/manage-queries.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { notificationsQuery } from '../../lib/queries.ts';
import type { Notification } from '../../lib/rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { NobodyTold } from '../members/nobody-told.tsx';
import { Incidents } from './incidents.tsx';
import { NoticeItem } from './notice-item.tsx';

const SHOWN = 100;

function Days({ notifications }: { notifications: readonly Notification[] }) {
  const f = useFormat();
  const days = Map.groupBy(notifications, ({ created_at }) => f.day(created_at));
  return [...days].map(([day, ofDay]) => (
    <section key={day} className="stack" aria-label={day}>
      <h2 className="day">{day}</h2>
      <ul className="plain notices">{ofDay.map((one) => <NoticeItem key={one.id} notification={one} />)}</ul>
    </section>
  ));
}

/** All of them, or what is unread; a choice the address keeps, so that Back undoes it. */
function Tabs({ unread, all, onlyUnread }: { unread: number; all: number; onlyUnread: boolean }) {
  const words = useManageWords().notifications;
  const { org } = useOrg();
  const here = paths.notifications(org.slug);
  return (
    <nav aria-label={words.show}>
      <ul className="plain tabs">
        <li><Link href={here} aria-current={onlyUnread ? undefined : 'true'}>{words.all(all)}</Link></li>
        <li><Link href={`${here}?show=unread`} aria-current={onlyUnread ? 'true' : undefined}>{words.unread(unread)}</Link></li>
      </ul>
    </nav>
  );
}

/** What is not over, and what the member should know, newest first. */
export function Inbox() {
  const { inbox, notifications: words } = useManageWords();
  const client = useClient();
  const [search] = useSearchParams();
  const { org, active } = useOrg();
  const members = useQuery(membersQuery(client, org.id));
  const onlyUnread = search.get('show') === 'unread';
  const query = useQuery({ ...notificationsQuery(client, org.id), ...usePolling(active) });
  const mark = useAction(markRead, () => inbox.marked);
  const unread = query.data?.filter(({ read_at }) => !read_at).length ?? 0;
  const readAll = (
    <ActionButton
      off={unread === 0 ? inbox.nothingUnread : null} pending={mark.pending}
      onClick={() => void mark.run({ org: org.id, notifications: null })}
    >
      {unread > 0 ? inbox.markAll(unread) : inbox.nothingUnread}
    </ActionButton>
  );
  const aside = (
    <div className="row">
      <Link href={paths.notificationSettings(org.slug)}>{words.settings}</Link>
      {query.data && query.data.length > 0 && readAll}
    </div>
  );
  return (
    <Page title={inbox.title} aside={aside}>
      <p className="muted">{inbox.what}</p>
      {members.data && <NobodyTold members={members.data} />}
      <Incidents />
      <Loaded query={query}>
        {(notifications) => (notifications.length === 0 ? <p className="card">{inbox.empty}</p> : (
          <>
            <Tabs unread={unread} all={notifications.length} onlyUnread={onlyUnread} />
            {onlyUnread && unread === 0 ? <p className="card">{words.noneUnread}</p>
              : <Days notifications={onlyUnread ? notifications.filter(({ read_at }) => !read_at) : notifications} />}
            {notifications.length === SHOWN && <p className="muted">{inbox.limited}</p>}
          </>
        ))}
      </Loaded>
    </Page>
  );
}
