import { useSyncExternalStore } from 'react';

export type Toast = {
  id: number; tone: 'done' | 'problem' | 'why'; text: string; hint?: string | null;
  /** A way back, as a button beside the words. */
  undo?: { word: string; act: () => void };
};

let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((tell) => tell());
}

/** Says in words what came of an action. A result (`done`) and a reason (`why`) fade by themselves, a problem stays until it is removed. */
export function say(toast: Omit<Toast, 'id'>): void {
  last += 1;
  change([...toasts.filter(({ text }) => text !== toast.text), { id: last, ...toast }].slice(-4));
}

export const unsay = (id: number): void => change(toasts.filter((toast) => toast.id !== id));

export const unsayAll = (): void => change([]);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useToasts = (): readonly Toast[] => useSyncExternalStore(subscribe, () => toasts);
