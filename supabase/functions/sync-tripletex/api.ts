import { Buffer } from 'node:buffer';
import { z } from 'zod';
import type { ConnectorContext } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { Http, HttpResponse } from '../_kit/http.ts';
import { withToken } from '../_kit/oauth.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { shaped } from '../_kit/payload.ts';
import { nothingSent } from './session.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;

/** https://tripletex.no/v2-docs/ */
export function call(ctx: Context, sessions: TokenCache, path: string, body?: string): Promise<HttpResponse> {
  const { baseUrl, companyId } = ctx.settings;
  const root = baseUrl.replace(/\/+$/, '');
  const grant = {
    tokenUrl: `${root}/token/session/:create`,
    clientId: ctx.credential.consumerToken,
    clientSecret: ctx.credential.employeeToken,
    scope: '',
  };
  return withToken(sessions, ctx.http, grant, (token) => {
    const headers: Record<string, string> = { authorization: `Basic ${Buffer.from(`${companyId}:${token}`).toString('base64')}` };
    if (body !== undefined) headers['content-type'] = 'application/json; charset=utf-8';
    return ctx.http.send({ url: `${root}/${path}`, headers, body });
  });
}

/** Where a thing is looked up by its number, and what the number is called there. */
const BY_NUMBER = {
  account: ['ledger/account', 'number'],
  balancingAccount: ['ledger/account', 'number'],
  department: ['department', 'departmentNumber'],
  project: ['project', 'number'],
  vatType: ['ledger/vatType', 'number'],
  supplier: ['supplier', 'supplierNumber'],
  employee: ['employee', 'employeeNumber'],
  salaryType: ['salary/type', 'number'],
} as const;
export type Numbered = keyof typeof BY_NUMBER;
export const isNumbered = (target: string): target is Numbered => Object.hasOwn(BY_NUMBER, target);

const values = z.object({ values: z.array(z.looseObject({ id: z.number() })) });

/** What was found is known for as long as its client is, which is one slice of a run: no organization sees another's. */
const found = new WeakMap<Http, Map<string, Promise<number | null>>>();

/** Tripletex's id of the thing with this number; null when it has none. Some searches find what only contains the number. */
export function idOf(ctx: Context, sessions: TokenCache, target: Numbered, number: string): Promise<number | null> {
  const [path, name] = BY_NUMBER[target];
  const known = found.get(ctx.http) ?? new Map<string, Promise<number | null>>();
  found.set(ctx.http, known);
  const key = `${path} ${number}`;
  const pending = known.get(key) ?? search(ctx, sessions, path, name, number).catch((error: unknown) => {
    known.delete(key);
    throw error instanceof HttpFailure ? nothingSent(error) : error;
  });
  known.set(key, pending);
  return pending;
}

async function search(ctx: Context, sessions: TokenCache, path: string, name: string, number: string): Promise<number | null> {
  const query = new URLSearchParams({ [name]: number, fields: `id,${name}`, count: '1000' });
  const response = await call(ctx, sessions, `${path}?${query.toString()}`);
  return shaped(ctx.http, response, values).values.find((one) => String(one[name]) === number)?.id ?? null;
}
