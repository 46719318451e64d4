import { accessSync, constants, statfsSync } from 'node:fs';
import { freemem } from 'node:os';

const MEMORY = '/dev/shm';
/** What the databases of a whole run need at most, with room to spare. */
const ENOUGH = 4 * 2 ** 30;

/** A folder in memory for databases that no one will miss, where this machine has one with enough room; null elsewhere. */
export function memoryFolder(): string | null {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return Math.min(bavail * bsize, freemem()) >= ENOUGH ? MEMORY : null;
  } catch {
    return null;
  }
}
