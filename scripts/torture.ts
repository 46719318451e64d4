import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { SCENARIOS } from './torture/scenarios.ts';
import { siegeAlone, type SiegeReport } from './torture/siege.ts';

const usage = `npm run torture                        every scenario at full size
  --only functions,postgres            some of them: ${SCENARIOS.map(({ slug }) => slug).join(', ')}
  --records 2000 --kills 50            records and strikes of each scenario, at most what it has at full size
  --seed 7                             other moments; the same seed chooses the same ones
  --minutes 8                          no scenario strikes longer than this
  --log FILE                           what all parts wrote`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' }, records: { type: 'string' }, kills: { type: 'string' }, seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '8' }, log: { type: 'string' }, help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const wanted = values.only?.split(',');
const unknown = wanted?.filter((slug) => !SCENARIOS.some((scenario) => scenario.slug === slug)) ?? [];
if (unknown.length > 0) {
  console.error(`There is no scenario ${unknown.join(', ')}.\n\n${usage}`);
  process.exit(2);
}

const log = values.log === undefined ? null : createWriteStream(values.log, { flags: 'a' });
const began = performance.now();
const elapsed = (): string => `${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s`;
const reports: SiegeReport[] = [];
console.log(`Seed ${values.seed}`);
for (const scenario of SCENARIOS.filter(({ slug }) => wanted?.includes(slug) ?? true)) {
  console.log(`${elapsed()}  ${scenario.slug}: ${scenario.name}`);
  const report = await siegeAlone(scenario, {
    records: Math.min(Number(values.records ?? Infinity), scenario.full.records),
    strikes: Math.min(Number(values.kills ?? Infinity), scenario.full.strikes),
    seed: Number(values.seed),
    longestMs: Number(values.minutes) * 60_000,
    onProgress: (step) => console.log(`${elapsed()}    ${step}`),
  }, (source, line) => log?.write(`${new Date().toISOString()} ${scenario.slug} ${source}: ${line}\n`));
  reports.push(report);
  console.log(`${elapsed()}    ${JSON.stringify(report.hits)}`);
  for (const { front, wrong, what, stage } of report.violations.slice(0, 20)) console.log(`        ${wrong} (${front}, ${stage}): ${what}`);
}
table(reports);
log?.end();
const violations = reports.reduce((sum, report) => sum + report.violations.length, 0);
const short = reports.filter((report) => report.strikes < report.asked);
for (const { scenario, strikes, asked, violations: found } of short) {
  console.log(`${scenario}: ${strikes} of ${asked} strikes ${found.length > 0 ? 'before something was found' : 'in the time there was'}.`);
}
console.log(`\n${violations} violations in ${((performance.now() - began) / 60_000).toFixed(1)} minutes, seed ${values.seed}`);
process.exitCode = violations === 0 ? 0 : 1;

function table(rows: SiegeReport[]): void {
  const columns: [string, (report: SiegeReport) => string | number][] = [
    ['scenario', (report) => report.scenario], ['strikes', (report) => report.strikes], ['records', (report) => report.records],
    ['in the ledgers', (report) => report.booked], ['twice', (report) => count(report, 'accepted twice')], ['lost', (report) => count(report, 'lost')],
    ['runs', (report) => report.runs], ['mails', (report) => report.mails], ['seconds', (report) => report.seconds],
    ['violations', (report) => report.violations.length],
  ];
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, value]) => String(value(row))))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  console.log('');
  for (const line of cells) console.log(line.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join('  '));
}

function count(report: SiegeReport, wrong: string): number {
  return report.violations.filter((violation) => violation.wrong === wrong).length;
}
