import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import { causeOf } from '../../supabase/functions/_kit/template.ts';
import { causesIn } from './support/causes.ts';
import type { Complaint } from './support/causes.ts';
import { readCorpus } from './support/corpus.ts';
import { simulatedRefusals } from './support/simulated-refusals.ts';

/** A complaint, by what it blames and says. Each of these is a mistake of its own. */
const complaint = (message: string, field: string | null = null, code: string | null = null): Complaint => ({
  system: 'made-up', name: message, code, field, message, category: 'validation',
});

const MISTAKES: Complaint[] = [
  complaint('Invalid cost center code: 9999', 'costCenter'),
  complaint('Invalid account code: 4010', 'account'),
  complaint('Ugyldig koststedskode: 9999', 'costCenter'),
  complaint('Ungültige Kostenstelle "9999"', 'costCenter'),
  complaint('Code de centre de coût « 9999 » non valide', 'costCenter'),
  complaint('Virheellinen kustannuspaikka «9999»', 'costCenter'),
  complaint("Field 'priority' is required", 'priority'),
  complaint("Field 'severity' is required", 'severity'),
  complaint('The date 2026-01-31 lies outside the open period 2026-02', 'postingDate'),
  complaint('Datoen 31.01.2026 er utenfor den åpne perioden 02-2026', 'postingDate'),
  complaint('The amount 184 200.50 exceeds the limit of 100000.00', 'amount'),
  complaint('The amount -12,5 must be positive', 'amount'),
  complaint('Customer 8c1f2a34-0000-4000-8000-1234567890ab is blocked'),
  complaint('Vendor 8c1f2a34-0000-4000-8000-1234567890ab is blocked'),
  complaint('Invoice INV-10442 already exists for this vendor.'),
  complaint('Purchase order 10442 already exists for this vendor.'),
  complaint('Email address kari@example.org is invalid', 'email'),
  complaint('Email address kari@example.org is not verified', 'email'),
  complaint('Could not find Department: Salg 12'),
  complaint('Could not find Cost Center: Salg 12'),
  complaint("No such column 'Colour__c' on sobject of type Account", 'Colour__c', 'INVALID_FIELD'),
  complaint("No such column 'Size__c' on sobject of type Account", 'Size__c', 'INVALID_FIELD'),
  complaint('Operation failed: Locked'),
  complaint('Operation failed: Expired'),
  complaint('Kan ikke være null.', 'orders.customer'),
  complaint('Kan ikke være null.', 'orders.orderDate'),
  complaint('502 Bad Gateway'),
  complaint('503 Service Unavailable'),
];

describe('what a cause takes together, and what it keeps apart', () => {
  const seen = causesIn(MISTAKES, 40);

  test('a mistake is one cause, whatever the values, ids, dates and amounts', () => {
    expect(seen.split).toEqual([]);
  });

  test('no two mistakes are one cause: not another field, not another code, not another language', () => {
    expect(seen.merged).toEqual([]);
    expect(seen.causes).toBe(MISTAKES.length);
  });

  test('the offending value is kept apart', () => {
    for (const [message, value] of [['Ugyldig koststedskode: 9999', '9999'], ['Ungültige Kostenstelle "N-17"', 'N-17'], ['Code de centre de coût « 9999 » non valide', '9999']] as const) {
      expect(causeOf({ message, field: 'costCenter', category: 'validation' }).value?.trim()).toBe(value);
    }
  });

  test('a reason behind a colon is no value', () => {
    for (const message of ['Operation failed: Locked', 'Feil: Periodelukket', 'Fehler: Gesperrt', 'Status: closed']) {
      expect(causeOf({ message, field: null, category: 'server' })).toEqual({ template: message, value: null });
    }
  });
});

test('a played system refuses records for four mistakes, each with six values: four causes', async () => {
  expect(await simulatedRefusals(24)).toEqual({ failures: 24, mistakes: 4, causes: 4 });
});

const folder = join(import.meta.dirname, '../../../shared/errors');
describe.skipIf(!existsSync(folder))('real answers (skipped where the collection is not at hand)', () => {
  test('a mistake is one cause, and no two that differ are', () => {
    const complaints = readCorpus(folder).map((sample): Complaint => ({ ...diagnose(sample.system, sample), system: sample.system, name: sample.file }));
    const { split, merged } = causesIn(complaints, 8);
    expect(split).toEqual([]);
    // The same refusal, alone and as a part of a batch.
    expect(merged).toEqual(['dataverse-03.json, dataverse-04.json']);
  });
});
