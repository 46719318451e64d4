import { causeOf } from '../../../supabase/functions/_kit/template.ts';
import { vary } from './vary.ts';

export type Complaint = Parameters<typeof causeOf>[0] & { system: string; name: string; code: string | null };

export type Causes = {
  failures: number;
  causes: number;
  /** The complaints that became several causes when only their values changed. */
  split: string[];
  /** The complaints that are one cause. */
  merged: string[];
};

/** How many causes complaints come to when each fails `times` times, every time with other values. */
export function causesIn(complaints: Complaint[], times: number): Causes {
  const names = new Map<string, Set<string>>();
  const split: string[] = [];
  for (const complaint of complaints) {
    const { system, name, code, field, message } = complaint;
    const own = new Set<string>();
    for (let seed = 0; seed < times; seed += 1) {
      const said = seed === 0 ? message : vary(message, seed, [code, field]);
      own.add(JSON.stringify([system, code, field, causeOf({ ...complaint, message: said }).template]));
    }
    if (own.size > 1) split.push(name);
    for (const cause of own) names.set(cause, (names.get(cause) ?? new Set()).add(name));
  }
  const merged = [...names.values()].filter((ones) => ones.size > 1).map((ones) => [...ones].join(', '));
  return { failures: complaints.length * times, causes: names.size, split, merged };
}
