import { Agent, request } from 'node:http';
import fc from 'fast-check';
import { doors } from './fuzz-doors.ts';
import type { Case } from './fuzz-doors.ts';
import { resolve } from './fuzz-values.ts';
import { startFuzzWorld } from './fuzz-world.ts';
import type { FuzzWorld, Ids } from './fuzz-world.ts';
import { toJson } from './json.ts';
import { wrongWith } from './fuzz-judge.ts';
import type { Answer } from './fuzz-judge.ts';
import { poison } from './fuzz-poison.ts';

export type FuzzOptions = { cases: number; seed: number; onProgress?: (done: number, problems: number) => void };

/** One call that was answered otherwise than it must be. */
export type Problem = { what: string; place: string; caller: string; call: string; answer: string; seed: number };

export type FuzzReport = { cases: number; statuses: Record<string, number>; places: Record<string, number>; problems: Problem[] };

/** Calls between two renewals of the rows. */
const BLOCK = 200;
/** Further problems of the same kind say nothing new. */
const MOST_OF_A_KIND = 5;

/**
 * Puts hostile calls through every way in of a stack of its own: functions of the database, tables, views, Edge Functions, and addresses
 * nothing stands behind. An answer must not be a fault of ours, must not tell about our insides, and a refusal must have written nothing;
 * after every block the clock's jobs must still run and every view must still be readable as the page reads it.
 * The same seed makes the same calls.
 */
export async function fuzz({ cases, seed, onProgress = () => undefined }: FuzzOptions): Promise<FuzzReport> {
  const world = await startFuzzWorld();
  const report: FuzzReport = { cases: 0, statuses: {}, places: {}, problems: [] };
  const kinds = new Map<string, number>();
  const note = (problem: Problem): void => {
    const kind = `${problem.what} ${problem.place}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if ((kinds.get(kind) ?? 0) <= MOST_OF_A_KIND) report.problems.push(problem);
  };
  try {
    const all = (await doors(world.stack.sql)).map(({ arbitrary, weight }) => ({ arbitrary, weight }));
    for (let block = 0; report.cases < cases; block += 1) {
      const calls = fc.sample(fc.oneof(...all), { seed: seed + block, numRuns: Math.min(BLOCK, cases - report.cases) });
      await runBlock(world, calls, seed + block, report, note);
      for (const what of await poison(world)) note({ what, place: 'the rows after a block', caller: '', call: '', answer: '', seed: seed + block });
      onProgress(report.cases, report.problems.length);
    }
    return report;
  } finally {
    await world.stop();
  }
}

async function runBlock(world: FuzzWorld, calls: Case[], seed: number, report: FuzzReport, note: (problem: Problem) => void): Promise<void> {
  const ids = await world.renew();
  let before = await world.written();
  for (const one of calls) {
    const answer = await send(world, one, ids);
    if (one.place.startsWith('function ')) await world.stack.functions.idle();
    const after = await world.written();
    const wrong = await wrongWith(world.stack.sql, one, answer, ids);
    const mayWrite = answer.status < 300 && one.method !== 'GET' && one.method !== 'HEAD' || one.place.startsWith('function ');
    if (after > before && !mayWrite) wrong.push(`wrote ${(await world.lastWritten(before)).join(', ')} although it answered ${answer.status} to ${one.method}`);
    for (const what of wrong) {
      note({ what, place: one.place, caller: one.caller, call: `${one.method} ${one.path} ${bodyOf(one, ids) ?? ''}`.slice(0, 2_000), answer: answer.text.slice(0, 500), seed });
    }
    report.cases += 1;
    report.statuses[answer.status] = (report.statuses[answer.status] ?? 0) + 1;
    report.places[one.place] = (report.places[one.place] ?? 0) + 1;
    before = after;
  }
}

function bodyOf({ body }: Case, ids: Ids): string | undefined {
  if (body === undefined) return undefined;
  const value = resolve(body, ids);
  return typeof value === 'string' ? value : toJson(value);
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

async function send(world: FuzzWorld, one: Case, ids: Ids): Promise<Answer> {
  const answer = await sendOnce(world, one, ids);
  // An idle connection may close the moment it is used again: nothing of that call has arrived.
  return answer.isStale === true ? sendOnce(world, one, ids) : answer;
}

function sendOnce(world: FuzzWorld, one: Case, ids: Ids): Promise<Answer & { isStale?: boolean }> {
  const { hostname, port } = new URL(world.stack.apiUrl ?? '');
  const body = bodyOf(one, ids)?.toWellFormed();
  const headers = { ...world.callers[one.caller], ...one.headers, ...(body === undefined || 'transfer-encoding' in one.headers ? {} : { 'content-length': String(Buffer.byteLength(body)) }) };
  return new Promise((done) => {
    const call = request({ hostname, port, agent, method: one.method, path: resolvePath(one.path), headers, timeout: 20_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      const finish = (): void => done({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: Buffer.concat(chunks).toString('utf8') });
      response.on('end', finish);
      response.on('error', finish);
    });
    call.on('upgrade', (response, socket) => {
      socket.destroy();
      done({ status: response.statusCode ?? 0, type: '', text: '' });
    });
    call.on('timeout', () => call.destroy(new Error('no answer within 20 seconds')));
    call.on('error', (error) => done({ status: 0, type: '', text: error.message, isStale: call.reusedSocket }));
    call.end(body);
  });
}

/** What a request line cannot carry is written as a browser would write it. */
function resolvePath(path: string): string {
  return path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character));
}
