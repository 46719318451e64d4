import type { Signal } from '../_kit/connector.ts';
import { jobsWhere, secondOf } from './api.ts';
import type { Listed } from './api.ts';
import type { Context, Sessions } from './session.ts';

const PAGE = 1_000;
const PAGES = 10;
/** So many failing extracts are told one by one; the rest are in the number of all. */
const MOST_TOLD = 20;

/** At most 10 000 refreshes are looked at. */
async function refreshesSince(sessions: Sessions, ctx: Context, since: Date): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let page = 1; page <= PAGES; page += 1) {
    const { jobs, more } = await jobsWhere(sessions, ctx, [`createdAt:gte:${secondOf(since)}`], page, PAGE);
    found.push(...jobs);
    if (!more) break;
  }
  return found;
}

const nameOf = ({ title, id }: Listed): string => title || id;

/** From the latest backwards; what was cancelled says nothing either way. */
function failedInARow(own: Listed[]): number {
  const ended = own.filter(({ status }) => status === 'Failed' || status === 'Success')
    .sort((a, b) => (b.endedAt ?? '').localeCompare(a.endedAt ?? ''));
  const good = ended.findIndex(({ status }) => status === 'Success');
  return good < 0 ? ended.length : good;
}

/** Extracts are told apart by the title of their jobs, the one name a list has; two of one name in two projects count as one. */
export async function signals(sessions: Sessions, ctx: Context, now: Date): Promise<Signal[]> {
  const { days, failing, failedInARow: bounds, waitingMinutes } = ctx.settings;
  const at = now.toISOString();
  const jobs = await refreshesSince(sessions, ctx, new Date(now.getTime() - days * 86_400_000));
  const rows = [...Map.groupBy(jobs, nameOf)].map(([about, own]) => ({ about, value: failedInARow(own) })).filter(({ value }) => value > 0);
  const waiting = jobs.filter(({ status }) => status === 'Pending').map(({ createdAt }) => now.getTime() - Date.parse(createdAt ?? at));
  const longest = Math.max(0, ...waiting.filter((ms) => !Number.isNaN(ms)));
  return [
    { name: 'refreshes', value: jobs.length, unit: 'count', at },
    { name: 'failing_extracts', value: rows.length, unit: 'count', ...failing, at },
    { name: 'longest_wait', value: Math.round(longest / 60_000), unit: 'minutes', ...waitingMinutes, at },
    ...rows.sort((a, b) => b.value - a.value || a.about.localeCompare(b.about)).slice(0, MOST_TOLD)
      .map(({ about, value }): Signal => ({ name: 'failed_in_a_row', value, unit: 'count', ...bounds, at, about: about.slice(0, 200) })),
  ];
}
