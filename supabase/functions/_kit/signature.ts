import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';

export type Signed = {
  /** What was signed, byte for byte: the body as it came, often with a time before it. */
  text: string;
  key: string | Uint8Array;
  /** The signature that came with it, without prefix. */
  given: string;
  algorithm?: 'sha256' | 'sha1' | 'sha512';
  encoding?: 'hex' | 'base64' | 'base64url';
};

/** Whether a signature is right, in a time that does not tell how much of it is. */
export function isSigned({ text, key, given, algorithm = 'sha256', encoding = 'hex' }: Signed): boolean {
  const right = createHmac(algorithm, key).update(text).digest();
  const said = Buffer.from(given, encoding);
  return said.length === right.length && timingSafeEqual(said, right);
}

/** Whether two secrets are the same, in a time that tells nothing of them. */
export function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHmac('sha256', 'compared').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Whether a call was made now: an old one may be somebody's who has listened. `seconds` since 1970. */
export function isFresh(seconds: number, at: Date, windowSeconds: number): boolean {
  return Number.isFinite(seconds) && Math.abs(at.getTime() / 1_000 - seconds) <= windowSeconds;
}
