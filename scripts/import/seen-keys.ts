import { hash } from 'node:crypto';

/** Where in this file a key has come before, and whether with the same content; null for a new key. */
export type Seen = { line: number; same: boolean } | null;

const WORDS = 5;
const FIRST_CAPACITY = 1 << 12;

/**
 * Remembers the keys of one file by their fingerprints (96 bits of SHA-256, and 32 of the content): at most 60 bytes a
 * line instead of the records themselves, so a file of two million lines costs about 100 MB at worst.
 */
export function seenKeys(): (key: string, content: string, line: number) => Seen {
  let capacity = FIRST_CAPACITY;
  let slots = new Uint32Array(capacity * WORDS);
  let used = 0;

  /** The slot of the key, or the free one where it belongs. Line numbers are never 0, so 0 marks a free slot. */
  function slotOf(a: number, b: number, c: number): number {
    for (let at = a % capacity; ; at = (at + 1) % capacity) {
      const i = at * WORDS;
      if (slots[i + 4] === 0 || (slots[i] === a && slots[i + 1] === b && slots[i + 2] === c)) return i;
    }
  }

  function grow(): void {
    const old = slots;
    capacity *= 2;
    slots = new Uint32Array(capacity * WORDS);
    for (let i = 0; i < old.length; i += WORDS) {
      const [a = 0, b = 0, c = 0, , line] = old.subarray(i, i + WORDS);
      if (line !== 0) slots.set(old.subarray(i, i + WORDS), slotOf(a, b, c));
    }
  }

  return function see(key, content, line) {
    const [a, b, c] = words(key);
    const [checksum] = words(content);
    const i = slotOf(a, b, c);
    if (slots[i + 4] !== 0) return { line: slots[i + 4] ?? 0, same: slots[i + 3] === checksum };
    slots.set([a, b, c, checksum, line], i);
    used += 1;
    if (used * 3 > capacity * 2) grow();
    return null;
  };
}

function words(text: string): [number, number, number] {
  const digest = hash('sha256', text, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8)];
}
