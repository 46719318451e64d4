import { z } from 'zod';
import { POINTER } from '../_kit/json-pointer.ts';
import { contradictions } from './contradictions.ts';

const pointer = z.string().regex(POINTER, 'Must be a JSON pointer, such as /data/id; empty means the whole.');
const HEADER = /^[a-z][a-z0-9-]{0,60}$/i;
const headerName = z.string().regex(HEADER);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const sentPath = z.string().regex(
  /^\/(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$|\?))[\w.~!$&'()*+,;=:@%?/{}-]*$/,
  'Must be a path that begins with one slash, such as /work-orders/{key}.',
);
const httpsAddress = z.string().regex(
  /^(?:https:\/\/[a-z0-9.-]+|https?:\/\/(?:localhost|127(?:\.\d{1,3}){3})(?::\d{1,5})?)(?:\/[\w./-]*)?$/i,
  'Must be an https address without port, user name or query.',
);

/** Where a value goes in the body, and as what. `none` leaves a payload key out on purpose. */
const place = z.union([
  pointer.transform((at) => ({ at, as: 'text' as const, required: false, maxLength: undefined })),
  z.strictObject({
    at: pointer,
    as: z.enum(['text', 'number', 'boolean', 'date', 'json']).default('text'),
    required: z.boolean().default(false),
    maxLength: z.int().positive().optional(),
  }),
]);
export type Place = z.infer<typeof place>;

/** Which values of a result mean that the record was taken. */
const verdict = z.strictObject({ at: pointer, in: z.array(scalar).min(1) });

const auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('header'), name: headerName, prefix: z.string().max(40).default('') }),
  z.strictObject({ kind: z.literal('query'), name: z.string().regex(/^[\w.-]{1,60}$/) }),
  z.strictObject({ kind: z.literal('basic') }),
  z.strictObject({ kind: z.literal('bearer') }),
  z.strictObject({
    kind: z.literal('oauth'),
    tokenUrl: httpsAddress,
    scope: z.string().default(''),
    proof: z.enum(['form', 'basic']).default('form'),
    extra: z.record(z.string(), z.string()).optional().describe('Further fields of the request for a token, such as audience'),
  }),
]);

const dedupe = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('upsert'), replaces: z.boolean().default(false) }),
  z.strictObject({ by: z.literal('key'), header: headerName.default('Idempotency-Key') }),
  z.strictObject({
    by: z.literal('lookup'),
    path: sentPath.describe('A GET with {key} in it'),
    items: pointer.default('').describe('The list of what was found'),
    key: pointer.describe('Our key inside one of them'),
    externalId: pointer.optional(),
    missing: z.enum(['empty', '404']).default('empty').describe('How the system says that it has none'),
  }),
  z.strictObject({ by: z.literal('none') }),
]);

const send = z.strictObject({
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
  path: sentPath,
  headers: z.record(headerName, z.string()).default({}),
  batch: z.strictObject({ size: z.int().min(2).max(1_000), at: pointer.default('') }).optional().describe('Bodies that are lists'),
  settlesWithinSeconds: z.int().min(1).max(3_600).default(120),
});

const body = z.strictObject({
  map: z.record(z.string(), z.union([z.literal('none'), place])),
  key: z.strictObject({ at: pointer, length: z.int().min(12).max(64).optional() }).optional().describe('Where our key goes'),
  amount: place.optional(),
  currency: place.optional(),
  occurredOn: place.optional(),
  sourceType: place.optional(),
  sourceId: place.optional(),
  decimals: z.int().min(0).max(6).default(2),
  constants: z.record(pointer, scalar).default({}),
});

const answer = z.strictObject({
  externalId: pointer.optional(),
  message: pointer.optional(),
  code: pointer.optional(),
  field: pointer.optional(),
  ok: verdict.optional().describe('For systems that say no with 200, and for every result of a batch'),
  results: z.union([
    z.literal('all_or_nothing'),
    z.strictObject({
      at: pointer.default(''),
      by: z.enum(['order', 'key', 'index']).default('order'),
      place: pointer.optional().describe('Where a result has our key or its number in the batch, from 0'),
    }),
  ]).optional(),
  mayBeEmpty: z.boolean().default(false).describe('A success may come without a body, and not only with 204'),
  codes: z.record(z.string(), z.enum(['validation', 'permission', 'not_found', 'conflict', 'rate_limit', 'server'])).default({}),
});

const paging = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('cursor'),
    param: z.string().min(1),
    next: pointer,
    keeps: z.boolean().default(false).describe('The last cursor is the beginning of the next run'),
  }),
  z.strictObject({ by: z.literal('link'), next: z.union([pointer, z.literal('header')]) }),
  z.strictObject({ by: z.literal('page'), param: z.string().min(1), first: z.int().min(0).default(1), size: z.int().min(1).max(10_000) }),
  z.strictObject({ by: z.literal('none') }),
]);

const pull = z.strictObject({
  path: sentPath,
  items: pointer.default(''),
  id: pointer,
  changedAt: pointer.optional(),
  deleted: verdict.optional().describe('Which values mean that it is gone over there'),
  since: z.strictObject({ param: z.string().min(1), overlapSeconds: z.int().min(0).max(86_400).default(300) }).optional(),
  paging: paging.default({ by: 'none' }),
});

export const settings = z.strictObject({
  title: z.string().max(60).optional(),
  baseUrl: httpsAddress,
  auth,
  check: z.strictObject({ path: sentPath, as: pointer.optional() }).describe('A GET that only a good credential is answered'),
  push: z.strictObject({ send, body, answer: answer.prefault({}), dedupe }).optional(),
  pull: pull.optional(),
}).superRefine((given, context) => {
  for (const { path, message } of contradictions(given)) context.addIssue({ code: 'custom', path, message });
});
export type Settings = z.infer<typeof settings>;
export type Push = NonNullable<Settings['push']>;
export type Pull = NonNullable<Settings['pull']>;

/** The hosts the secret is for: it is sent to no other, whatever the settings say later. */
const hosts = z.array(z.string().regex(/^[a-z0-9.-]+$/)).min(1);
const filled = z.string().min(1);

export const credential = z.union([
  z.strictObject({ hosts, apiKey: filled }),
  z.strictObject({ hosts, token: filled }),
  z.strictObject({ hosts, username: filled, password: filled }),
  z.strictObject({ hosts, clientId: filled, clientSecret: filled }),
]);
export type Credential = z.infer<typeof credential>;
