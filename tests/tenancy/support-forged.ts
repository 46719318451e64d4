import { createHmac } from 'node:crypto';
import type { Credentials, Served } from './support-served.ts';

type Claims = Record<string, unknown>;

/** Of the right form, and nobody's. */
const wrongKey = ['sb', 'secret', '0'.repeat(26)].join('_');

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function sign(claims: Claims, secret: string, header: Claims = {}): string {
  const text = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${text}.${createHmac(header['alg'] === 'HS512' ? 'sha512' : 'sha256', secret).update(text).digest('base64url')}`;
}

/** The token of a real session, taken apart. */
function partsOf({ authorization = '' }: Credentials): { header: string; claims: Claims; text: string; signature: string } {
  const [header = '', text = '', signature = ''] = authorization.replace(/^Bearer /, '').split('.');
  return { header, text, signature, claims: JSON.parse(Buffer.from(text, 'base64url').toString()) as Claims };
}

/**
 * What somebody without a session of their own may try at the door. `session` is a real one, whose token is bent; `victim` is
 * whom they pretend to be. A name tells what is wrong with what is sent.
 */
export function forgeries({ nord: { keys } }: Served, session: Credentials, victim: string): Record<string, Credentials> {
  const apikey = keys.publishableKey;
  const { header, claims, text, signature } = partsOf(session);
  const service = { ...claims, sub: victim, role: 'service_role' };
  const asVictim = { ...claims, sub: victim };
  const now = Math.floor(Date.now() / 1000);
  const own = 'another secret of at least 32 characters';
  const bearer = (token: string): Credentials => ({ apikey, authorization: `Bearer ${token}` });
  return {
    'no key': {},
    'a wrong key': { apikey: 'sb_publishable_0000000000000000000000' },
    'a wrong secret key': { apikey: wrongKey },
    'the publishable key and no session': { apikey },
    'the publishable key as token': bearer(apikey),
    'a wrong secret key as token': bearer(wrongKey),
    'an expired token': bearer(sign({ ...asVictim, iat: now - 7200, exp: now - 60 }, keys.jwtSecret)),
    'a token of another project': bearer(sign({ ...asVictim, iss: 'https://other.example.org/auth/v1' }, own)),
    'a token signed with the publishable key': bearer(sign(asVictim, apikey)),
    'a token signed with nothing': bearer(sign(asVictim, '')),
    'an unsigned token': bearer(`${encode({ alg: 'none', typ: 'JWT' })}.${encode(asVictim)}.`),
    'an unsigned token that is still signed': bearer(`${encode({ alg: 'None' })}.${encode(asVictim)}.${signature}`),
    'an unsigned token of the role service_role': bearer(`${encode({ alg: 'none', typ: 'JWT' })}.${encode(service)}.`),
    'a forged token of the role service_role': bearer(sign(service, own)),
    'a forged token of the role postgres': bearer(sign({ ...service, role: 'postgres' }, own)),
    'a forged token of the role service_role as key': { apikey: sign(service, own) },
    'a token whose subject was changed': bearer(`${header}.${encode(asVictim)}.${signature}`),
    'a token whose role was changed': bearer(`${header}.${encode(service)}.${signature}`),
    'a token without its signature': bearer(`${header}.${text}`),
    'a token with half its signature': bearer(`${header}.${text}.${signature.slice(0, 20)}`),
    'a token of another algorithm': bearer(sign(asVictim, own, { alg: 'HS512' })),
    'a token that names an algorithm of pairs of keys': bearer(sign(asVictim, apikey, { alg: 'RS256' })),
    'a token that brings the key it is signed with': bearer(sign(asVictim, own, { jwk: { kty: 'oct', alg: 'HS256', k: Buffer.from(own).toString('base64url') } })),
    'a token that says where its key is': bearer(sign(asVictim, own, { jku: 'https://keys.example.org/jwks.json', kid: 'mine' })),
    'a token whose key is an empty file': bearer(sign(asVictim, '', { kid: '../../../../dev/null' })),
    'a token whose key is a statement': bearer(sign(asVictim, 'x', { kid: "x' union select 'x" })),
    'a token with a list of algorithms': bearer(`${encode({ alg: ['none', 'HS256'] })}.${encode(asVictim)}.${signature}`),
    'a token that is not valid yet': bearer(sign({ ...asVictim, nbf: now + 3600, iat: now + 3600, exp: now + 7200 }, keys.jwtSecret)),
    'a token in a cookie': { apikey, cookie: `sb-access-token=${sign(asVictim, own)}` },
    'a member\'s token under a wrong key': { ...session, apikey: 'sb_publishable_0000000000000000000000' },
    'two tokens': bearer(`${sign(service, own)}, Bearer ${encode({})}`),
  };
}
