import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mainJob, spendingFiles, type System } from './main-job/index.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const { values } = parseArgs({
  options: {
    system: { type: 'string', default: 'business-central' },
    data: { type: 'string', default: `${root}../shared/data` },
    only: { type: 'string' },
    faults: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});

if (values.system !== 'xledger' && values.system !== 'business-central') {
  console.error('--system is xledger or business-central.');
  process.exit(1);
}
if (!(await spendingFiles(values.data, '2017'))) {
  console.error(`There are no spending records in ${values.data}. Point --data at a folder with <quarter>-2016.csv and <quarter>-2017.csv.`);
  process.exit(1);
}
const began = performance.now();
const report = await mainJob({
  system: values.system satisfies System,
  data: values.data,
  only: values.only,
  mapping: `${root}samples/spending.mapping.json`,
  faults: Number(values.faults) / 100,
  seed: Number(values.seed),
  onProgress: (step) => console.error(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${step}`),
});
console.log(JSON.stringify(report, null, 2));
