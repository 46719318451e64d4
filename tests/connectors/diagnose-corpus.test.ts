import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import { causeOf } from '../../supabase/functions/_kit/template.ts';
import { readCorpus, wrongParts } from './support/corpus.ts';

const folder = join(import.meta.dirname, '../../../shared/errors');
const samples = existsSync(folder) ? readCorpus(folder) : [];
/** Systems with a connector: every one of their answers must be read fully right. */
const COMPLETE = new Set(['xledger', 'business-central', 'bufdir']);

describe.skipIf(samples.length === 0)('real answers of the connected systems (skipped where the collection is not at hand)', () => {
  test.each(samples.filter(({ system }) => COMPLETE.has(system)).map((sample) => [sample.file, sample] as const))(
    '%s is read fully right',
    (_file, sample) => {
      expect(wrongParts(sample, diagnose(sample.system, sample))).toEqual([]);
    },
  );

  test('of all systems together, at least five answers in six are read fully right', () => {
    const right = samples.filter((sample) => wrongParts(sample, diagnose(sample.system, sample)).length === 0);
    expect(right.length / samples.length).toBeGreaterThanOrEqual(5 / 6);
  });

  test('the template of every message is its own template', () => {
    for (const sample of samples) {
      const diagnosis = diagnose(sample.system, sample);
      const { template } = causeOf(diagnosis);
      expect(causeOf({ ...diagnosis, message: template }).template).toBe(template);
    }
  });
});
