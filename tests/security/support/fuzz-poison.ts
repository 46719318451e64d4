import * as z from 'zod/mini';
import { noticeSchema } from '../../../supabase/functions/_kit/messages/notice.ts';
import { renderEmail } from '../../../supabase/functions/_kit/messages/email.ts';
import { IntegrationRow, Notification, Organization } from '../../../web/src/lib/rows.ts';
import { FailedRecord, Cause, RecordDetail, Retry, Run } from '../../../web/src/lib/record-rows.ts';
import type { FuzzWorld } from './fuzz-world.ts';

const READ = {
  my_organizations: [Organization, ''],
  overview: [IntegrationRow, ''],
  run_history: [Run, 'order=id.desc&limit=100'],
  cause_overview: [Cause, 'limit=100&open_records=gt.0'],
  failed_records: [FailedRecord, 'order=id.desc&limit=100'],
  retry_progress: [Retry, 'order=id.desc&limit=100'],
  my_notifications: [Notification, 'order=id.desc&limit=100'],
  records: [RecordDetail, 'select=id,integration_id,source_type,source_id,label,state,amount::text,currency,occurred_on,attempts,payload,version,created_at&order=id.desc&limit=100'],
} as const;

const JOBS = ['private.schedule_runs(now())', 'private.evaluate_health(now(), null)', 'private.reap(now())', 'private.alert(now())'];

/**
 * What a call left behind that makes somebody else stumble: the clock's jobs, the page, the e-mails. A row that was let in must not
 * stop them.
 */
export async function poison(world: FuzzWorld): Promise<string[]> {
  const { sql, apiUrl } = world.stack;
  const found: string[] = [];
  for (const job of JOBS) {
    await sql.unsafe(`select ${job}`).catch((error: unknown) => found.push(`${job} fails: ${String(error)}`));
  }
  for (const [view, [row, query]] of Object.entries(READ)) {
    const answer = await fetch(`${apiUrl}/rest/v1/${view}?${query}`, { headers: world.callers['owner'] ?? {} });
    const body: unknown = await answer.json().catch(() => null);
    const parsed = z.array(row).safeParse(body);
    if (answer.status !== 200) found.push(`${view} cannot be read: ${answer.status} ${JSON.stringify(body).slice(0, 200)}`);
    else if (!parsed.success) found.push(`the page cannot read ${view}: ${z.prettifyError(parsed.error).slice(0, 300)}`);
  }
  const notices = await sql<{ notice: unknown; locale: 'nb' | 'en' }[]>`select notice, locale from deliveries order by created_at desc limit 20`;
  for (const { notice, locale } of notices) {
    const parsed = noticeSchema.safeParse(notice);
    if (!parsed.success) found.push(`a notice cannot be read: ${z.prettifyError(parsed.error).slice(0, 200)}`);
    else renderEmail(parsed.data, locale, 'https://sync.example.org');
  }
  return found;
}
