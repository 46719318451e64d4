import * as z from 'zod/mini';
import { call } from './actions.ts';
import type { Client } from './client.ts';
import { MaintenancePreview } from './manage-rows.ts';
import type { Calendar } from './schedule.ts';

const Nothing = z.unknown();
const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));

export type ConfigurationChanges = {
  name?: string;
  every_minutes?: number;
  calendar?: Calendar;
  /** Wall time of the organization, `2026-11-20T07:00`. */
  first_run?: string;
  settings?: Record<string, string | number | boolean>;
  thresholds?: Record<string, number | null>;
};

type Of = { org: string; integration: string };

/** Saves what changed; refused when somebody else saved since `expected`. */
export const updateIntegration = (client: Client, order: Of & { expected: string; changes: ConfigurationChanges }) =>
  call(client, 'update_integration', order, z.object({ updated_at: z.string(), credential_forgotten: z.boolean() }));

/** The next five runs under a schedule that is not saved. */
export const previewSchedule = (client: Client, { first, ...order }: Of & Pick<ConfigurationChanges, 'every_minutes' | 'calendar'> & { first: string }) =>
  call(client, 'preview_schedule', { ...order, ...(first && { first_run: first }) }, z.array(z.string()));

/** Has a stream fetched from its beginning again. */
export const clearCursor = (client: Client, order: Of & { stream: string; reason: string }) => call(client, 'clear_cursor', order, Nothing);

export type Plan = { org: string; reason: string; starts?: string; ends?: string; minutes?: number; integration?: string; weekly_until?: string };

export const addMaintenance = (client: Client, plan: Plan) => call(client, 'add_maintenance', plan, id);

/** What a plan that is not made yet comes to. */
export const previewMaintenance = (client: Client, order: Pick<Plan, 'org' | 'starts' | 'weekly_until'> & { ends: string }) =>
  call(client, 'preview_maintenance', order, MaintenancePreview);

/** Ends one window, or with `series` all that are left of one that comes back every week. */
export const endMaintenance = (client: Client, order: { org: string; maintenance_window: string; series?: boolean }) =>
  call(client, 'end_maintenance', order, z.string());

export const setRole = (client: Client, order: { org: string; member: string; was: string; becomes: string }) =>
  call(client, 'set_role', order, Nothing);

export const removeMember = (client: Client, order: { org: string; member: string; was: string }) =>
  call(client, 'remove_member', order, Nothing);

type Incident = { org: string; incident: string; reason?: string };

export const acknowledgeIncident = (client: Client, order: Incident & { acknowledged: boolean }) =>
  call(client, 'acknowledge_incident', order, Nothing);

export const assignIncident = (client: Client, order: Incident & { member: string | null }) => call(client, 'assign_incident', order, Nothing);

/** Without `minutes` the snooze ends now. */
export const snoozeIncident = (client: Client, order: Incident & { minutes: number | null }) => call(client, 'snooze_incident', order, Nothing);

export const setNotification = (client: Client, order: { org: string; event: string; channel: string; enabled: boolean }) =>
  call(client, 'set_notification', order, Nothing);

export const sendTest = (client: Client, order: { org: string; channel: string }) =>
  call(client, 'send_test', order, z.object({ delivery_id: z.nullish(id) }));
