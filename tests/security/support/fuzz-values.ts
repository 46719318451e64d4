import fc from 'fast-check';
import { HOSTILE_TEXTS, UNSTORABLE_TEXTS } from './hostile-text.ts';
import { deepList, deepObject, Raw } from './json.ts';
import type { Ids } from './fuzz-world.ts';

/** Stands for an id that exists when the call is made. */
export class Ref {
  name: keyof Ids;
  constructor(name: keyof Ids) {
    this.name = name;
  }
}

const ref = (name: keyof Ids): fc.Arbitrary<unknown> => fc.constant(new Ref(name));
const oneOf = (...values: unknown[]): fc.Arbitrary<unknown> => fc.constantFrom(...values);

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...Object.values(HOSTILE_TEXTS)) },
  { weight: 1, arbitrary: fc.constantFrom(...Object.values(UNSTORABLE_TEXTS)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 100, maxLength: 700 }) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(501), '中'.repeat(2_100), 'y'.repeat(100_000)) },
);

/** Megabytes are rare, or nothing else would get its turn. */
const HUGE = fc.constantFrom('x'.repeat(1_000_001), `=${'9'.repeat(1_000_000)}`, '\u0301'.repeat(400_000));
const NUMBERS = [0, -1, 1, 1.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e300, '1', ' 7 ', '0x10', 'NaN', 'Infinity', '-Infinity', '1e3', '٣', '',
  '007', '9'.repeat(400), true, new Raw('9223372036854775807'), new Raw('9223372036854775808'), new Raw('-9223372036854775809'), new Raw('1e400'),
  new Raw('1E+2'), new Raw('-0'), new Raw('3.0'), new Raw('1e131071')];
const TIMES = ['infinity', '-infinity', 'epoch', 'now', 'today', 'tomorrow', 'allballs', '0001-01-01 BC', '4714-11-24 00:00:00+00 BC',
  '294276-12-31T23:59:59Z', '294277-01-01', '2026-13-01', '2026-02-30', '20261120', '12:00', '2026-11-20T10:00:00+99:00', '1700000000', 1_700_000_000,
  '', 'next friday', '2026-11-20 10:00:00 Mars/Phobos', '9999-12-31T23:59:59.9999999Z', '2026-11-20T10:00:00Z'];
const UUIDS = ['', 'x', '00000000-0000-0000-0000-000000000000', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', '{3f2504e0-4f89-41d3-9a0c-0305e82c3301}',
  'urn:uuid:3f2504e0-4f89-41d3-9a0c-0305e82c3301', '3f2504e04f8941d39a0c0305e82c3301', '3f2504e0-4f89-41d3-9a0c-0305e82c330', 0, 1, true];
const STRUCTURES = [[], {}, [[]], [null], [{}], { a: { b: [1, null] } }, '[]', '{}', 'null', '"x"', '{"a":', deepList(900), deepObject(900),
  deepList(100_000), deepObject(20_000), new Raw('{"__proto__":{"admin":true},"constructor":1,"toString":2}'), new Raw('{"a":1,"a":2}'),
  new Raw('"\\u0000"'), new Raw('"\\ud83d"'), new Raw('{"\\u0000":1}'), new Raw('[1e400]'), new Raw('01'), new Raw('NaN'), new Raw('{a:1}'),
  new Raw('[1,]'), new Raw('\u0000')];

const anything: fc.Arbitrary<unknown> = fc.oneof(
  oneOf(null, true, false), oneOf(...NUMBERS), oneOf(...TIMES), oneOf(...UUIDS), oneOf(...STRUCTURES), hostileText, fc.jsonValue({ maxDepth: 4 }),
);

const OWN_TYPE: Record<string, fc.Arbitrary<unknown>> = {
  uuid: oneOf(...UUIDS),
  bigint: oneOf(...NUMBERS),
  integer: oneOf(...NUMBERS),
  smallint: oneOf(...NUMBERS),
  numeric: oneOf(...NUMBERS),
  boolean: oneOf(null, 'maybe', 't', 0, 1, 2, 'TRUE', ''),
  'timestamp with time zone': oneOf(...TIMES),
  date: oneOf(...TIMES, 'infinity', '5874897-12-31', '4713-01-01 BC'),
  'time without time zone': oneOf(...TIMES, '24:00:00', '23:59:60', '25:00'),
  text: fc.oneof({ weight: 40, arbitrary: hostileText }, { weight: 1, arbitrary: HUGE }),
  jsonb: oneOf(...STRUCTURES),
};

const list = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof(
  fc.array(item, { maxLength: 4 }), oneOf('{}', '{1,NULL}', '{{1,2},{3,4}}', '{', '[2:3]={1,2}', null, [null], [[1], [2]], [[1, 2], [3]], '{"a"}'),
  fc.constant(Array.from({ length: 20_000 }, (_, n) => n)),
);

/** A value of a Postgres type, or of none. */
export function hostile(type: string): fc.Arbitrary<unknown> {
  const own = type.endsWith('[]') ? list(OWN_TYPE[type.slice(0, -2)] ?? anything) : OWN_TYPE[type] ?? anything;
  return fc.oneof({ weight: 4, arbitrary: own }, { weight: 1, arbitrary: anything }, { weight: 1, arbitrary: fc.constant(null) });
}

/** Mostly what `good` says, one part of it something else. */
function almost(good: Record<string, fc.Arbitrary<unknown>>, types: Record<string, string>): fc.Arbitrary<unknown> {
  const keys = Object.keys(good);
  return fc.tuple(fc.record(good), fc.subarray(keys, { maxLength: 2 }), fc.record(
    Object.fromEntries(keys.map((key) => [key, hostile(types[key] ?? 'text')])),
  ), fc.boolean()).map(([fine, spoiled, bad, dropped]) => {
    const kept = Object.entries(fine).filter(([key]) => !(dropped && key === spoiled[0]));
    return Object.fromEntries(kept.map(([key, value]) => [key, spoiled.includes(key) ? (bad as Record<string, unknown>)[key] : value]));
  });
}

const sourceId = fc.oneof({ weight: 3, arbitrary: fc.nat(50).map((n) => `F-${n}`) }, { weight: 1, arbitrary: hostileText });
const record = almost({
  source_type: oneOf('expense'), source_id: sourceId,
  payload: fc.oneof(fc.dictionary(fc.oneof(fc.constantFrom('account', '__proto__', ''), hostileText), fc.oneof(hostileText, oneOf(1, null, [], {})), { maxKeys: 4 })
    .map((payload) => payload as unknown), oneOf({ account: 9999 }, { account: '9999' }, ...STRUCTURES)),
  amount: oneOf('1.00', '-5', 12.5, null), currency: oneOf('NOK', 'EUR'), occurred_on: oneOf('2026-11-20', null), label: hostileText,
}, { payload: 'jsonb', amount: 'numeric', occurred_on: 'date' });

const outcome = almost({
  id: fc.oneof(ref('sending'), ref('failed')),
  state: oneOf('exported', 'accepted', 'failed', 'retrying', 'uncertain', 'queued'), external_id: hostileText, code: hostileText, field: hostileText,
  payload_field: oneOf('account', null), message: hostileText, template: hostileText, value: hostileText, category: oneOf('validation', 'rate_limit'),
  status: oneOf(400, null), response: hostileText, request_id: hostileText, retry_after_seconds: oneOf(1, null),
}, { id: 'bigint', status: 'integer', retry_after_seconds: 'integer' });

const sending = almost({
  org_id: ref('org'), delivery_id: ref('delivery'), token: ref('deliveryToken'), outcome: oneOf('sent', 'retry', 'refused', 'apart'), provider_id: hostileText,
  error: hostileText, retry_after_seconds: oneOf(1, null),
}, { org_id: 'uuid', delivery_id: 'uuid', token: 'uuid', retry_after_seconds: 'integer' });

const parts = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.array(item, { maxLength: 3 });

/** What an argument or column of this name would rightly hold; whatever is named otherwise gets values of its type. */
const GOOD: Record<string, fc.Arbitrary<unknown>> = {
  org: fc.oneof({ weight: 8, arbitrary: ref('org') }, { weight: 1, arbitrary: ref('otherOrg') }),
  org_id: ref('org'),
  integration: fc.oneof({ weight: 8, arbitrary: ref('integration') }, { weight: 1, arbitrary: ref('otherIntegration') }),
  integration_id: ref('integration'),
  run: ref('run'),
  record: fc.oneof(ref('uncertain'), ref('failed')),
  cause: fc.oneof(ref('cause'), fc.constant(null)),
  scope: oneOf('open', 'last_run', 'cause', 'records'),
  notifications: fc.oneof(fc.constant(null), ref('notification').map((one) => [one])),
  delivery: ref('delivery'),
  batch: oneOf(1, 10),
  state: oneOf('queued', 'retrying', 'uncertain', 'accepted'),
  dedupe: oneOf('lookup', 'key', 'none', 'upsert'),
  settles_within_seconds: oneOf(1, 60),
  more: fc.boolean(),
  wall_ms: oneOf(1), cpu_ms: oneOf(1), resume_after_seconds: oneOf(0, 30),
  error: fc.oneof(fc.constant(null), almost({ message: hostileText, code: hostileText, field: hostileText, category: oneOf('auth'), status: oneOf(401) }, { status: 'integer' })),
  reason: oneOf('found it in the books'),
  enabled: fc.boolean(), landed: fc.boolean(), canary: fc.boolean(),
  field: oneOf(null, 'account', 'text'), from_value: oneOf(null, '9999'), to_value: oneOf(null, '4010', '007', 'x'),
  credential: oneOf({ token: 'a token of no interest' }),
  expires_at: oneOf(null, '2027-01-01T00:00:00Z'),
  source_type: oneOf('expense'), source_id: sourceId, label: hostileText, currency: oneOf('NOK'), amount: oneOf('1.00', null),
  occurred_on: oneOf('2026-11-20', null), system: oneOf('fuzzed'), slug: fc.stringMatching(/^[a-z][a-z0-9-]{5,12}$/), name: hostileText,
  settings: oneOf({}, ...STRUCTURES), thresholds: oneOf({}, { max_attempts: 3 }, { lag_minutes: new Raw('3.0') }, { queue_depth: new Raw('1e2') }, { x: 1 }),
  every_minutes: oneOf(60), next_due_at: oneOf('2026-11-20T10:00:00Z'), direction: oneOf('push'), time_zone: oneOf('Europe/Oslo', 'UTC', 'posixrules', '+25:00', 'EST5EDT'),
  cutoff_day: oneOf(null, 28), cutoff_time: oneOf('16:00'), role: oneOf('viewer', 'admin'), locale: oneOf('nb', 'en'), user_id: ref('otherOrg'),
};

const GOOD_BY_TYPE: Record<string, fc.Arbitrary<unknown>> = {
  'timestamp with time zone': oneOf(new Date().toISOString()),
  uuid: fc.oneof(ref('token'), ref('deliveryToken')),
};

const OF_FUNCTION: Record<string, fc.Arbitrary<unknown>> = {
  'hand_in.records': parts(record),
  'retry_failed.records': fc.oneof(fc.constant(null), fc.tuple(ref('failed'), ref('dead'))),
  'dismiss_records.records': fc.tuple(ref('dead')),
  'settle_records.outcomes': parts(outcome),
  'settle_records.token': ref('token'), 'claim_records.token': ref('token'), 'end_slice.token': ref('token'),
  'settle_deliveries.outcomes': parts(sending),
  'freeze_deliveries.letters': parts(almost({
    org_id: ref('org'), delivery_id: ref('delivery'), token: ref('deliveryToken'),
    payload: oneOf({ subject: 's', text: 't', html: '<p>t</p>' }, ...STRUCTURES),
  }, { org_id: 'uuid', delivery_id: 'uuid', token: 'uuid' })),
  'records.payload': oneOf({ account: 1 }, ...STRUCTURES),
};

/** A value for an argument or column; `place` is the function or table it belongs to. */
export function valueFor(place: string, name: string, type: string): fc.Arbitrary<unknown> {
  const good = OF_FUNCTION[`${place}.${name}`] ?? GOOD[name] ?? GOOD_BY_TYPE[type];
  return good ? fc.oneof({ weight: 5, arbitrary: good }, { weight: 1, arbitrary: hostile(type) }) : hostile(type);
}

/** Puts the ids of this moment in the place of their names. */
export function resolve(value: unknown, ids: Ids): unknown {
  if (value instanceof Ref) return ids[value.name];
  if (value instanceof Raw || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => resolve(item, ids));
  // By definition and not by assignment: a key may be called __proto__.
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) Object.defineProperty(copy, key, { value: resolve(item, ids), enumerable: true, configurable: true, writable: true });
  return copy;
}
