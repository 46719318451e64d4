import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { BellIcon } from '../../components/icons.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useT } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { notificationsQuery } from '../../lib/queries.ts';

/** How many notifications are unread; leads to them. */
export function Bell() {
  const t = useT();
  const client = useClient();
  const { org, active } = useOrg();
  const { data } = useQuery({ ...notificationsQuery(client, org.id), ...usePolling(active) });
  const unread = data?.filter(({ read_at }) => !read_at).length ?? 0;
  return (
    <Link href={paths.notifications(org.slug)} className="bell" aria-label={t.app.bell(unread)}>
      <BellIcon />
      {unread > 0 && <span className="badge" aria-hidden="true">{unread > 99 ? '99+' : unread}</span>}
    </Link>
  );
}
