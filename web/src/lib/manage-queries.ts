import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Client } from './client.ts';
import { AuditEntry, Configuration, Delivery, Incident, Maintenance, Member, NotificationSetting, Stream } from './manage-rows.ts';
import { readRows } from './queries.ts';
import { PAGE_SIZE } from './record-queries.ts';

export const configurationQuery = ({ db }: Client, org: string, integration: string) => queryOptions({
  queryKey: ['org', org, 'configuration', integration],
  queryFn: async ({ signal }) => (await readRows(Configuration, db.from('configuration').select().eq('org_id', org)
    .eq('integration_id', integration).limit(1).abortSignal(signal)))[0] ?? null,
});

export const streamsQuery = ({ db }: Client, org: string, integration: string) => queryOptions({
  queryKey: ['org', org, 'streams', integration],
  queryFn: ({ signal }) => readRows(Stream, db.from('stream_overview').select('stream,cursor,as_of,rows').eq('org_id', org)
    .eq('integration_id', integration).eq('is_active', true).order('stream').limit(PAGE_SIZE).abortSignal(signal)),
});

/** What is under way or ahead, and the newest of what is over. */
export const maintenanceQuery = ({ db }: Client, org: string) => queryOptions({
  queryKey: ['org', org, 'maintenance'],
  queryFn: ({ signal }) => readRows(Maintenance, db.from('maintenance').select().eq('org_id', org)
    .order('starts_at', { ascending: false }).order('id', { ascending: false }).limit(PAGE_SIZE).abortSignal(signal)),
});

export const membersQuery = ({ db }: Client, org: string) => queryOptions({
  queryKey: ['org', org, 'members'],
  queryFn: ({ signal }) => readRows(Member, db.rpc('list_members', { org }).abortSignal(signal)),
});

/** What to show of the trail. `before` is the entry the page starts after, `entry` one alone; an action may end with `*`. */
export type TrailFilter = { integration: string; action: string; person: string; before: string; entry: string };

export const trailQuery = ({ db }: Client, org: string, filter: TrailFilter) => queryOptions({
  queryKey: ['org', org, 'trail', filter],
  queryFn: ({ signal }) => {
    let rows = db.from('audit_trail').select().eq('org_id', org);
    if (filter.integration) rows = rows.eq('integration_id', filter.integration);
    if (filter.action) rows = rows.like('action', filter.action);
    if (filter.person) rows = filter.person === 'nobody' ? rows.is('actor_id', null) : rows.eq('actor_id', filter.person);
    if (filter.before) rows = rows.lt('id', filter.before);
    if (filter.entry) rows = rows.eq('id', filter.entry);
    return readRows(AuditEntry, rows.order('id', { ascending: false }).limit(PAGE_SIZE).abortSignal(signal));
  },
  placeholderData: keepPreviousData,
});

export const incidentsQuery = ({ db }: Client, org: string) => queryOptions({
  queryKey: ['org', org, 'incidents'],
  queryFn: ({ signal }) => readRows(Incident, db.from('open_incidents').select().eq('org_id', org)
    .order('opened_at', { ascending: false }).order('id', { ascending: false }).limit(PAGE_SIZE).abortSignal(signal)),
});

export const settingsQuery = ({ db }: Client, org: string) => queryOptions({
  queryKey: ['org', org, 'notification-settings'],
  queryFn: ({ signal }) => readRows(NotificationSetting, db.from('notification_settings').select('event,channel,enabled').eq('org_id', org)
    .abortSignal(signal)),
});

export const deliveryQuery = ({ db }: Client, org: string, delivery: string) => queryOptions({
  queryKey: ['org', org, 'delivery', delivery],
  queryFn: async ({ signal }) => (await readRows(Delivery, db.from('deliveries').select('id,state,error,sent_at,next_attempt_at').eq('org_id', org)
    .eq('id', delivery).limit(1).abortSignal(signal)))[0] ?? null,
});
