import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchEvaluate } from './evaluate.ts';
import { benchFailures } from './failures.ts';
import { benchFairness } from './fairness.ts';
import { benchHotTable } from './hot-table.ts';
import { openHistory } from './history-stack.ts';
import { benchLatency } from './latency.ts';
import { benchOverview } from './overview.ts';
import { benchPage } from './page.ts';
import { benchPush, type Runtime } from './push.ts';
import { benchQueues } from './queues.ts';
import { benchRetry } from './retry.ts';
import { benchSize } from './size.ts';
import { table } from './table.ts';
import { benchTicks } from './ticks.ts';
import type { Result } from './measure.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    records: { type: 'string' },
    attempts: { type: 'string', default: '1000000' },
    failed: { type: 'string' },
    runtime: { type: 'string', default: 'deno' },
    integrations: { type: 'string' },
    organizations: { type: 'string', default: '1000' },
    minutes: { type: 'string' },
  },
});
/** Each bench has a size of its own when none is given: all of them together are to be done in 25 minutes. */
const number = (name: 'runs' | 'records' | 'attempts' | 'integrations' | 'organizations' | 'minutes' | 'failed', fallback?: number): number => {
  const value = Number(values[name] ?? fallback);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} is a whole number above 0, not "${values[name]}".`);
  process.exit(1);
};
const runs = number('runs');
const onProgress = (step: string): void => console.error(`  ${step}`);
const runtimes = (): Runtime[] => {
  const chosen = values.runtime.split(',').filter((name): name is Runtime => name === 'node' || name === 'deno');
  if (chosen.length > 0) return chosen;
  console.error(`--runtime is deno, node, or both with a comma between, not "${values.runtime}".`);
  process.exit(1);
};
/** Made once, for the benches that read it. */
let opened: ReturnType<typeof openHistory> | undefined;
const history = (): ReturnType<typeof openHistory> => {
  opened ??= openHistory({ organizations: number('organizations'), attempts: number('attempts'), failures: number('failed', 100_000) }, onProgress);
  return opened;
};
const benches: Record<string, () => Promise<Result[]>> = {
  push: () => benchPush({ records: number('records', 30_000), runs, runtimes: runtimes(), onProgress }),
  queues: () => benchQueues({ records: number('records', 6_000), runs, onProgress }),
  retry: () => benchRetry({ records: number('records', 30_000), failed: number('failed', 100_000), runs, onProgress }),
  latency: () => benchLatency({ integrations: number('integrations', 200), runs, onProgress }),
  evaluate: () => benchEvaluate({ integrations: number('integrations', 10_000), runs, onProgress }),
  overview: async () => {
    const { sql, usual } = await history();
    return benchOverview({ sql, reader: usual, runs, onProgress });
  },
  failures: async () => {
    const { sql, deep } = await history();
    return benchFailures({ sql, reader: deep, failures: number('failed', 100_000), runs });
  },
  ticks: () => benchTicks({ integrations: number('integrations', 10_000), runs, onProgress }),
  'hot-table': () => benchHotTable({ minutes: number('minutes', 1), records: number('records', 10_000), onProgress }),
  fairness: () => benchFairness({ organizations: number('organizations'), onProgress }),
  page: () => benchPage({
    integrations: number('integrations', 200), failures: number('failed', 100_000), runs, minutes: number('minutes', 30), onProgress,
  }),
  size: () => benchSize({ records: number('records', 10_000), onProgress }),
};

const chosen = values.only?.split(',') ?? Object.keys(benches);
const unknown = chosen.find((name) => !Object.hasOwn(benches, name));
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}". There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(1);
}
const results: Result[] = [];
for (const name of chosen) {
  const began = performance.now();
  onProgress(`${name} begins`);
  try {
    results.push(...await (benches[name]?.() ?? []));
  } catch (error) {
    console.error(`The bench "${name}" could not run: ${error instanceof Error ? error.message : String(error)}`);
    await (await opened)?.stop();
    process.exit(1);
  }
  onProgress(`${name} took ${Math.round((performance.now() - began) / 1_000)} s`);
}
await (await opened)?.stop();
const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version };
if (values.json) console.log(JSON.stringify({ machine, results }, null, 2));
else console.log(`${table(results)}\n\n${results.flatMap(({ bench, note }) => (note ? [`${bench}: ${note}`] : [])).join('\n')}`.trimEnd());
