import { useSyncExternalStore } from 'react';
import { recall, remember } from './memory.ts';
import type { IntegrationRow } from './rows.ts';

/** What has to be done once before an organization can rely on the page, in order, and whether it is. */
export type FirstStep = { step: 'connect' | 'run' | 'tell'; done: boolean };

export function firstSteps(rows: readonly IntegrationRow[]): FirstStep[] {
  return [
    { step: 'connect', done: rows.some(({ credential_keys: keys }) => keys.length > 0) },
    { step: 'run', done: rows.some(({ last_success_at: at }) => at != null) },
    { step: 'tell', done: rows.some(({ evaluated_at: at }) => at != null) && !rows.some(({ findings }) => findings.some(({ rule }) => rule === 'nobody_told')) },
  ];
}

const listeners = new Set<() => void>();
let hidden = recall('hidden-steps') === 'yes';

/** Puts the first steps away in this browser, or brings them back. */
export function hideSteps(value: boolean): void {
  hidden = value;
  remember('hidden-steps', value ? 'yes' : 'no');
  listeners.forEach((tell) => tell());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useStepsHidden = (): boolean => useSyncExternalStore(subscribe, () => hidden);
