import { Buffer } from 'node:buffer';

/** The header of Basic authentication; letters beyond ASCII go as UTF-8. @see https://datatracker.ietf.org/doc/html/rfc7617 */
export function basic(user: string, password: string): string {
  if (user.includes(':')) throw new Error('A user name for Basic authentication has no colon in it.');
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}
