import { ACCOUNTS, COST_CENTERS } from './vendors.ts';

/** One record as `hand_in` takes it. */
export type HandedIn = {
  source_type: string;
  source_id: string;
  payload: Record<string, string>;
  amount: string;
  currency: string;
  occurred_on: string;
  label: string;
};

const PURPOSES = ['Mileage', 'Train ticket', 'Course material', 'Room hire', 'Telephone', 'Catering', 'Postage', 'Parking', 'Workshop', 'Printing'];

/** Made-up expense claims of one organization, the same at every start: no names, only claim numbers. */
export function createSpending(prefix: string, currency: string, seed: number): (count: number, on: Date, accounts?: string[]) => HandedIn[] {
  let state = seed;
  let number = 0;
  // A small linear congruential generator (Numerical Recipes' constants): repeatable, and good enough for samples.
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const one = (on: Date, account: string): HandedIn => {
    number += 1;
    const id = `${prefix}-${String(number).padStart(5, '0')}`;
    const day = on.toISOString().slice(0, 10);
    const purpose = PURPOSES[random(PURPOSES.length)] ?? '';
    return {
      source_type: 'expense-claim',
      source_id: id,
      payload: { account, costCenter: COST_CENTERS[random(COST_CENTERS.length)] ?? '', postingDate: day, documentNumber: id, description: purpose },
      amount: `${80 + random(4_200)}.${String(random(100)).padStart(2, '0')}`,
      currency,
      occurred_on: day,
      label: `${purpose} ${id}`,
    };
  };
  return (count, on, accounts = ACCOUNTS) => Array.from({ length: count }, () => one(on, accounts[random(accounts.length)] ?? ''));
}
