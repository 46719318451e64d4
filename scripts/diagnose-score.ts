/**
 * Scores `diagnose()` on a folder of real error answers with what a good reader gets out of each. The folder is not part of
 * the project; without it there is nothing to score.
 * Usage: node scripts/diagnose-score.ts [folder] [--wrong]
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readCorpus, wrongParts } from '../tests/connectors/support/corpus.ts';
import { diagnose } from '../supabase/functions/_kit/diagnose.ts';

const folder = resolve(process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '../shared/errors');
if (!existsSync(folder)) {
  console.log(`No error answers in ${folder}: nothing to score.`);
  process.exit(0);
}

const bySystem = new Map<string, { right: number; all: number }>();
const byPart = new Map<string, number>();
const total = { right: 0, all: 0 };

for (const sample of readCorpus(folder)) {
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
