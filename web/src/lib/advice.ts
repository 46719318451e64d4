import type { Advice, Said } from '../../../supabase/functions/_kit/advice.ts';
import type { Locale } from './format.ts';

/** A refusal as far as it decides what to do. The field is known by our name, by the system's, or by both. */
export type Refusal = { category: string | null; code: string | null; fields: readonly (string | null | undefined)[] };

// What a system has no words of its own for is said as what is nearest.
const NEAREST: Record<string, 'server' | 'validation'> = { timeout: 'server', schema: 'validation', not_found: 'validation' };

/** What to do about a refusal: as the system's own codes and fields have it, else by category. */
export function adviceFor(advice: Advice, { category, code, fields }: Refusal, locale: Locale): { text: string; link: string | null } | null {
  const named = (advice.cases ?? []).find((one) =>
    one.codes?.some((known) => known === code) || one.fields?.some((known) => fields.includes(known)));
  const said = (key: string | undefined): Said | undefined =>
    (key !== undefined && key !== 'cases' && Object.hasOwn(advice, key) ? advice[key as 'server'] : undefined);
  const found = named ?? said(category ?? undefined) ?? said(NEAREST[category ?? '']);
  return found ? { text: found[locale], link: found.link ?? null } : null;
}
