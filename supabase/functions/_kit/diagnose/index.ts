import { businessCentral } from './business-central.ts';
import type { SystemReader } from './types.ts';
import { xledger } from './xledger.ts';

/** The systems that answer in ways the general reader doesn't know. A system that needs nothing of its own is not here. */
export const readers: Readonly<Record<string, SystemReader>> = {
  'business-central': businessCentral,
  'xledger': xledger,
};
