import type { Sql } from 'postgres';
import { startStack } from '../scripts/stack/index.ts';
import { makeHistory, type History, type HistorySize } from './history.ts';

/** Ten attempts for each record; two runs a day for ninety days. */
const ATTEMPTS_PER_RECORD = 10;
const RUNS = 180;

/** A database of its own that holds ninety days of many organizations. */
export async function openHistory(
  size: Pick<HistorySize, 'organizations' | 'attempts' | 'failures'>, onProgress: (step: string) => void,
): Promise<History & { sql: Sql; stop(): Promise<void> }> {
  const stack = await startStack({ parts: [] });
  const records = Math.ceil(size.attempts / ATTEMPTS_PER_RECORD);
  try {
    const history = await makeHistory(stack.sql, { ...size, records, runs: RUNS }, onProgress);
    return { ...history, sql: stack.sql, stop: () => stack.stop() };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
