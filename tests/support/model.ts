import { expect } from 'vitest';
import type { ClaimedRecord, SettledOutcome } from '../../supabase/functions/_kit/store.ts';
import type { Books, Entry, State } from './books.ts';

/** After how many tries a record of a story is dead. */
export const MAX_ATTEMPTS = 3;
const WEEK = 7 * 86_400_000;

/** What becomes of the books when one thing happens: a second, independent telling of the rules in docs/pipeline.md. */
export type Prediction = { records: Entry[]; tries: number; audit: Record<string, number> };

const open: State[] = ['sending', 'uncertain', 'accepted'];

export function nothing(books: Books): Prediction {
  return { records: books.records.map((one) => ({ ...one })), tries: books.tries, audit: { ...books.audit } };
}

function noted(after: Prediction, action: string, rows = 1): Prediction {
  if (rows > 0) after.audit[action] = (after.audit[action] ?? 0) + rows;
  return after;
}

/** The content that waited for the answer about its predecessor takes its place once there is one. */
function letWaitingIn(one: Entry): void {
  if (one.latest > one.version && !open.includes(one.state)) Object.assign(one, { state: 'queued', version: one.latest, attempts: 0 });
}

/** `known`: the content handed in last, by source. */
export function handIn(books: Books, given: { source: string; content: string }[], known: ReadonlyMap<string, string>): Prediction {
  const after = nothing(books);
  const last = new Map(known);
  for (const { source, content } of given) {
    const one = after.records.find((entry) => entry.source === source);
    if (!one) after.records.push({ ...NEW, source });
    else if (last.get(source) !== content) {
      one.latest += 1;
      if (!open.includes(one.state)) Object.assign(one, { state: 'queued', version: one.latest, attempts: 0 });
    }
    last.set(source, content);
  }
  return after;
}

const NEW: Entry = {
  id: 0, source: '', state: 'queued', key: '', version: 1, latest: 1, exported: null, attempts: 0, from: null, run: null, retry: null, due: 0,
  queued: 0, code: null, cause: null, content: null, account: '',
};

/** A slice is gone: what it was sending may have landed, what it was asking about is as it was. */
function release(after: Prediction, run: number): Prediction {
  for (const one of after.records.filter(({ state, run: its }) => state === 'sending' && its === run)) {
    if (one.from === 'accepted') one.state = 'accepted';
    else {
      Object.assign(one, { state: 'uncertain', attempts: one.attempts + 1 });
      after.tries += 1;
    }
  }
  return after;
}

export function reap(books: Books, at: number): Prediction {
  const dead = books.runs.filter(({ over, held, lease }) => !over && held && lease !== null && lease <= at);
  return dead.reduce((after, { id }) => release(after, id), nothing(books));
}

/** `begun`: a slice got the run; then whoever had it before is gone. */
export function beginSlice(books: Books, run: number, begun: boolean): Prediction {
  const had = books.runs.some(({ id, held }) => id === run && held);
  return begun && had ? release(nothing(books), run) : nothing(books);
}

export function endSlice(books: Books, run: number): Prediction {
  return release(nothing(books), run);
}

/** What the system said of each record. */
export function settle(books: Books, run: number, outcomes: SettledOutcome[], at: number): Prediction {
  const after = nothing(books);
  const dedupe = books.runs.find(({ id }) => id === run)?.dedupe ?? '';
  for (const outcome of outcomes) {
    const one = after.records.find(({ id }) => id === outcome.id);
    if (!one || one.state !== 'sending' || one.run !== run) continue;
    const state = stateAfter(outcome.state, one, dedupe, at);
    const isAsked = state === 'uncertain' && one.from === 'uncertain' && dedupe === 'lookup';
    // Only a send is a try.
    if (!['queued', 'accepted'].includes(state) && outcome.category !== 'rate_limit' && !isAsked) one.attempts += 1;
    if (state !== 'queued' && !(state === 'accepted' && one.from === 'accepted')) after.tries += 1;
    one.state = state;
    one.due = ['retrying', 'uncertain', 'accepted'].includes(state) ? Infinity : one.due;
    one.retry = state === 'queued' ? books.runs.find(({ id }) => id === run)?.retry ?? null : null;
    if (one.latest > one.version && !open.includes(one.state)) Object.assign(one, { due: at, retry: null });
    letWaitingIn(one);
  }
  return after;
}

function stateAfter(said: SettledOutcome['state'], one: Entry, dedupe: string, at: number): State {
  const isUsedUp = one.attempts + 1 >= MAX_ATTEMPTS || at > one.queued + WEEK;
  if (said === 'retrying' && one.attempts > 0 && isUsedUp) return 'dead';
  if (one.from === 'uncertain' && said === 'queued' && dedupe === 'lookup' && one.attempts >= MAX_ATTEMPTS) return 'dead';
  if (one.from === 'uncertain' && ['queued', 'retrying'].includes(said) && ['key', 'upsert'].includes(dedupe)) return 'uncertain';
  return said;
}

/** What a slice was given is what was due, and all of it, as much as it asked for; a retry takes its own out of failed and dead. */
export function claim(books: Books, before: Prediction, asked: { run: number; states: string[]; batch: number; at: number }, given: ClaimedRecord[]): Prediction {
  const after = { ...before, records: before.records.map((one) => ({ ...one })) };
  const run = books.runs.find(({ id }) => id === asked.run);
  const retry = books.retries.find(({ id }) => id === run?.retry);
  const dueIn = (state: string): Entry[] => before.records.filter((one) => one.state === state && one.due <= asked.at &&
    (state === 'queued' ? one.retry === (run?.retry ?? null) : !retry || one.run === asked.run))
    .sort((a, b) => a.due - b.due || a.id - b.id);
  const first = asked.states.find((state) => dueIn(state).length > 0);
  const wanted = !books.enabled || first === undefined ? [] : dueIn(first).slice(0, asked.batch);
  if (!retry) expect(given.map(({ id }) => id).sort(), 'all that is due, and nothing else').toEqual(wanted.map(({ id }) => id).sort());
  for (const record of given) {
    const one = after.records.find(({ id }) => id === record.id);
    if (!one) throw new Error('a record of somebody else was claimed');
    if (retry && ['failed', 'dead'].includes(one.state)) {
      one.attempts = 0;
      const { mapping } = retry;
      if (mapping && (mapping.from === null || one.account === mapping.from) && one.account !== mapping.to) {
        Object.assign(one, { version: one.latest + 1, latest: one.latest + 1 });
        noted(after, 'record.corrected');
      }
    } else {
      expect(one.state, `${one.source} was claimed from the state it was in`).toBe(record.claimed_from);
      expect(one.due, `${one.source} is due`).toBeLessThanOrEqual(asked.at);
    }
    expect({ version: record.version, attempts: record.attempts }, `${one.source} as it was given`).toEqual({ version: one.version, attempts: one.attempts });
    one.state = 'sending';
  }
  return after;
}

export function dismiss(books: Books, id: number): Prediction {
  const after = nothing(books);
  const one = after.records.find((entry) => entry.id === id);
  if (!one || one.retry !== null || !['queued', 'failed', 'retrying', 'dead'].includes(one.state)) return after;
  one.state = 'dismissed';
  return noted(after, 'record.dismissed');
}

export function decide(books: Books, id: number, landed: boolean): Prediction {
  const after = nothing(books);
  const one = after.records.find((entry) => entry.id === id);
  if (!one || one.state !== 'uncertain') throw new Error('this record is not uncertain');
  one.state = landed ? 'exported' : 'queued';
  letWaitingIn(one);
  return noted(after, 'record.decided');
}

/** Which records a retry takes: refused or given up, and in the hands of no other retry. */
export function retried(books: Books, scope: string, ids: readonly number[]): Entry[] {
  const taken = books.retries.filter(({ state }) => ['asked', 'waiting', 'running', 'canary'].includes(state)).flatMap(({ waiting }) => waiting);
  const refused = books.records.filter(({ state }) => state === 'failed' || state === 'dead');
  const lastRun = Math.max(...refused.map(({ run }) => run ?? -1));
  return refused.filter((one) => !taken.includes(one.id) && (scope === 'open' || (scope === 'last_run' ? one.run === lastRun : ids.includes(one.id))));
}

/** Asking for a retry moves no record; it is noted if there is anything to send. */
export function retry(books: Books, chosen: readonly Entry[]): Prediction {
  return noted(nothing(books), 'retry.requested', Math.min(1, chosen.length));
}

export function audited(books: Books, action: string, rows = 1): Prediction {
  return noted(nothing(books), action, rows);
}

type Facts = Record<string, string>;
const factsOf = (records: readonly Entry[]): Facts => Object.fromEntries(records
  .map(({ source, state, version, latest, attempts }) => [source, `${state}, version ${version} of ${latest}, ${attempts} tries`] as const)
  .sort(([a], [b]) => (a < b ? -1 : 1)));

/** The books are as they were predicted to the last record, and no more was written down than that. */
export function expectBooks(after: Books, { records, tries, audit }: Prediction, what: string): void {
  expect({ records: factsOf(after.records), tries: after.tries, audit: after.audit }, what).toEqual({ records: factsOf(records), tries, audit });
}
