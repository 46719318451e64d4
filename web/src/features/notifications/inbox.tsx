import { useQuery } from '@tanstack/react-query';
import { ActionButton } from '../../components/action-button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { markRead } from '../../lib/actions.ts';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { useOrg } from '../../lib/org.tsx';
import { notificationsQuery } from '../../lib/queries.ts';
import type { Notification } from '../../lib/rows.ts';
import { useAction } from '../../lib/use-action.ts';
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

/** What the member should know, newest first. */
export function Inbox() {
  const t = useT();
  const client = useClient();
  const { org, active } = useOrg();
  const query = useQuery({ ...notificationsQuery(client, org.id), ...usePolling(active) });
  const mark = useAction(markRead, () => t.inbox.marked);
  const unread = query.data?.filter(({ read_at }) => !read_at).length ?? 0;
  const readAll = (
    <ActionButton
      off={unread === 0 ? t.inbox.nothingUnread : null} pending={mark.pending}
      onClick={() => void mark.run({ org: org.id, notifications: null })}
    >
      {unread > 0 ? t.inbox.markAll(unread) : t.inbox.nothingUnread}
    </ActionButton>
  );
  return (
    <Page title={t.inbox.title} aside={query.data && query.data.length > 0 && readAll}>
      <p className="muted">{t.inbox.what}</p>
      <Loaded query={query}>
        {(notifications) => (notifications.length === 0 ? <p className="card">{t.inbox.empty}</p> : (
          <>
            <Days notifications={notifications} />
            {notifications.length === SHOWN && <p className="muted">{t.inbox.limited}</p>}
          </>
        ))}
      </Loaded>
    </Page>
  );
}
