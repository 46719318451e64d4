import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchEvaluate } from './evaluate.ts';
import { benchPush } from './push.ts';
import { table } from './table.ts';
import type { Result } from './measure.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    records: { type: 'string', default: '10000' },
    integrations: { type: 'string', default: '10000' },
  },
});
const number = (name: 'runs' | 'records' | 'integrations'): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} is a whole number above 0, not "${values[name]}".`);
  process.exit(1);
};
const runs = number('runs');
const onProgress = (step: string): void => console.error(`  ${step}`);
const benches: Record<string, () => Promise<Result[]>> = {
  push: () => benchPush({ records: number('records'), runs, onProgress }),
  evaluate: () => benchEvaluate({ integrations: number('integrations'), runs, onProgress }),
};

const chosen = values.only === undefined ? Object.keys(benches) : [values.only];
const unknown = chosen.find((name) => !Object.hasOwn(benches, name));
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}". There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(1);
}
const results: Result[] = [];
for (const name of chosen) results.push(...await (benches[name]?.() ?? []));
const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version };
if (values.json) console.log(JSON.stringify({ machine, results }, null, 2));
else console.log(`${table(results)}\n\n${results.flatMap(({ bench, note }) => (note ? [`${bench}: ${note}`] : [])).join('\n')}`.trimEnd());
