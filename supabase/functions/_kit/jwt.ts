import { Buffer } from 'node:buffer';
import { createPrivateKey, sign } from 'node:crypto';

export type Assertion = {
  /** PEM, PKCS #8 or PKCS #1. */
  privateKey: string;
  /** Who we are to the system: the id of its client, app or integration. */
  issuer: string;
  /** In whose name. */
  subject: string;
  /** Whom it is for, as the system wants it: often the address of its login. */
  audience: string;
  /** The id of the key, where the system holds several. */
  keyId?: string;
  at: Date;
  /** How long it may be used; systems refuse more than a few minutes. */
  seconds?: number;
  /** For systems that refuse an assertion they have seen. */
  id?: string;
};

/**
 * A signed assertion (RS256) for the grant `urn:ietf:params:oauth:grant-type:jwt-bearer`. Throws in words when the key is none; never
 * with the key in them.
 * @see https://datatracker.ietf.org/doc/html/rfc7523
 * @example tokens.token(http, { tokenUrl, clientId, clientSecret: '', scope: '', extra: { grant_type: JWT_BEARER, assertion: assertionOf(…) } })
 */
export function assertionOf({ privateKey, issuer, subject, audience, keyId, at, seconds = 180, id }: Assertion): string {
  const now = Math.floor(at.getTime() / 1_000);
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
  const claims = { iss: issuer, sub: subject, aud: audience, iat: now, exp: now + seconds, ...(id === undefined ? {} : { jti: id }) };
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), keyOf(privateKey)).toString('base64url')}`;
}

/** The grant's name in the form. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Pasted through forms and files, a key loses its line breaks or has them spelled out. */
function keyOf(text: string): ReturnType<typeof createPrivateKey> {
  const pem = text.replaceAll('\\n', '\n').replaceAll('\r', '').trim();
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // What Node says of a broken key may quote it.
  }
  throw new Error('The private key is no RSA key in PEM form.');
}
