import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Diagnosis } from '../../../supabase/functions/_kit/diagnose.ts';

const Part = z.object({
  index: z.number().nullable(),
  message: z.string().nullable(),
  code: z.string().nullable(),
  field: z.string().nullable(),
});

const Sample = z.object({
  system: z.string(),
  http_status: z.number(),
  content_type: z.string().nullish(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  expected: z.object({
    message: z.string().nullable(),
    code: z.string().nullable(),
    field: z.string().nullable(),
    category: z.string(),
    retryable: z.boolean(),
    expected_records: z.array(Part).optional(),
  }),
});

export type Sample = {
  file: string;
  system: string;
  status: number;
  headers: Record<string, string>;
  body: string;
  expected: z.infer<typeof Sample>['expected'];
};

/** Every answer in a folder of real error answers, ready for `diagnose()`. */
export function readCorpus(folder: string): Sample[] {
  return readdirSync(folder)
    .filter((file) => /^[a-z].*\.json$/.test(file))
    .sort()
    .map((file) => {
      const {
        system,
        http_status: status,
        content_type: type,
        headers,
        body,
        expected,
      } = Sample.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
      return { file, system, status, headers: { ...(type ? { 'content-type': type } : {}), ...headers }, body, expected };
    });
}

export type WrongPart = { name: string; expected: unknown; got: unknown };

/** What a diagnosis gets wrong. An answer without a sentence has no right message, so any is accepted there. */
export function wrongParts({ expected }: Sample, got: Diagnosis): WrongPart[] {
  const parts: WrongPart[] = [
    { name: 'message', expected: expected.message ?? got.message, got: got.message },
    { name: 'code', expected: expected.code, got: got.code },
    { name: 'field', expected: expected.field, got: got.field },
    { name: 'category', expected: expected.category, got: got.category },
    { name: 'retryable', expected: expected.retryable, got: got.retryable },
  ];
  if (expected.expected_records) parts.push({ name: 'records', expected: expected.expected_records, got: got.records });
  return parts.filter((part) => JSON.stringify(part.expected) !== JSON.stringify(part.got));
}
