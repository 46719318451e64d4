import type { Advice } from '../../../supabase/functions/_kit/advice.ts';

const FILES = import.meta.glob<Advice>('../advice/*.json', { import: 'default' });

/** What its connector says to do in a system; null for one that says nothing. Each system's words are a file of their own. */
export const adviceOf = async (system: string): Promise<Advice | null> => await FILES[`../advice/${system}.json`]?.() ?? null;
