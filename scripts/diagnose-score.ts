/**
 * Scores `diagnose()` on a folder of real error answers with what a good reader gets out of each: how many are read fully right, what
 * reading one costs, and how many causes they come to when each fails again and again with other values. The folder is not part of the
 * project; without it only what a played system refuses is counted.
 * Usage: npm run diagnose:score -- [folder] [--wrong]
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { causesIn } from '../tests/connectors/support/causes.ts';
import type { Complaint } from '../tests/connectors/support/causes.ts';
import { readCorpus, wrongParts } from '../tests/connectors/support/corpus.ts';
import { simulatedRefusals } from '../tests/connectors/support/simulated-refusals.ts';
import { diagnose } from '../supabase/functions/_kit/diagnose.ts';

const folder = resolve(process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '../shared/errors');
const played = await simulatedRefusals(1_000);
console.log(`a played system: ${played.failures} failures for ${played.mistakes} mistakes are ${played.causes} causes`);
if (!existsSync(folder)) {
  console.log(`No error answers in ${folder}: nothing to score.`);
  process.exit(0);
}

const bySystem = new Map<string, { right: number; all: number }>();
const byPart = new Map<string, number>();
const total = { right: 0, all: 0 };

const samples = readCorpus(folder);
for (const sample of samples) {
  const wrong = wrongParts(sample, diagnose(sample.system, sample));
  const score = bySystem.get(sample.system) ?? { right: 0, all: 0 };
  bySystem.set(sample.system, score);
  for (const sum of [score, total]) {
    sum.all += 1;
    sum.right += wrong.length === 0 ? 1 : 0;
  }
  for (const { name } of wrong) byPart.set(name, (byPart.get(name) ?? 0) + 1);
  if (process.argv.includes('--wrong')) {
    for (const { name, expected, got } of wrong) {
      console.log(`${sample.file} ${name}\n  got      ${JSON.stringify(got)}\n  expected ${JSON.stringify(expected)}`);
    }
  }
}

for (const [system, { right, all }] of bySystem) console.log(`${system.padEnd(20)} ${right}/${all}`);
const parts = [...byPart].map(([name, count]) => `${name} ${count}`).join(', ');
console.log(`fully right: ${total.right} of ${total.all}; wrong parts: ${parts || 'none'}`);

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
const costs = samples.map((sample) => {
  // The clock of the CPU goes in steps of some milliseconds.
  const times = 1_000;
  const before = cpuMs();
  for (let time = 0; time < times; time += 1) diagnose(sample.system, sample);
  return { file: sample.file, ms: (cpuMs() - before) / times };
}).sort((a, b) => a.ms - b.ms);
const [median, slowest] = [costs[Math.floor(costs.length / 2)], costs.at(-1)];
console.log(`CPU per answer: ${median?.ms.toFixed(3)} ms in the middle, ${slowest?.ms.toFixed(3)} ms at most (${slowest?.file})`);

const complaints = samples.map((sample): Complaint => ({ ...diagnose(sample.system, sample), system: sample.system, name: sample.file }));
const { failures, causes, split, merged } = causesIn(complaints, 8);
const perThousand = ((1_000 * causes) / failures).toFixed(0);
console.log(`${failures} failures, each answer 8 times with other values: ${causes} causes, ${perThousand} per 1 000`);
console.log(`answers that became several causes: ${split.join('; ') || 'none'}`);
console.log(`answers that share a cause: ${merged.join('; ') || 'none'}`);
