import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { functions, relations } from './expected.ts';
import { HIDDEN, questionsAbout, writesUpon } from './support-attacks.ts';
import { forgeries } from './support-forged.ts';
import { foreignCalls, straddlingCalls, victimRows } from './support-calls.ts';
import type { Call, VictimRows } from './support-calls.ts';
import { ask, fingerprint, MARKS, serveTwoOrganizations, signIn } from './support-served.ts';
import type { Answer, Credentials, Served } from './support-served.ts';
import type { World } from '../support/world.ts';

const readable = Object.entries(relations).filter(([, rights]) => rights.authenticated).map(([name]) => name.replace('public.', ''));
const everything = Object.keys(relations).map((name) => name.replace(/^\w+\./, ''));
const publicFunctions = Object.keys(functions).filter((name) => name.startsWith('public.')).map((name) => name.replace('public.', ''));
const orgColumn = (name: string): string => (/^(my_)?organizations$/.test(name) ? 'id' : 'org_id');

/** Somebody with a session of their own, and the organization that is none of their business. */
type Insider = { session: Credentials; own: World; other: World; mark: string };

let served: Served;
let insiders: Record<string, Insider>;
let forged: Record<string, Credentials>;
let columns: Map<string, string>;
let keys: Map<string, string>;
let before: { nord: string; syd: string };

beforeAll(async () => {
  served = await serveTwoOrganizations();
  const { nord, syd } = served;
  const fromSyd = { own: syd, other: nord, mark: MARKS.nord };
  const fromNord = { own: nord, other: syd, mark: MARKS.syd };
  insiders = {
    'the other organization\'s admin': { ...fromSyd, session: await signIn(served, nord.stine) },
    'an owner': { ...fromNord, session: await signIn(served, nord.olga) },
    'a viewer': { ...fromNord, session: await signIn(served, nord.vera) },
    'somebody who signed up': { ...fromSyd, session: await signUp() },
  };
  forged = forgeries(served, stine().session, nord.olga.id);
  columns = await list`
    select c.relname as name, string_agg(quote_ident(a.attname), ',' order by a.attnum) as list
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and has_column_privilege('authenticated', c.oid, a.attnum, 'select') group by 1`;
  keys = await list`
    select c.relname as name, string_agg(a.attname, ',') as list from pg_index i join pg_class c on c.oid = i.indrelid
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey) where i.indisprimary and c.relnamespace = 'public'::regnamespace group by 1`;
  before = { nord: await fingerprint(nord), syd: await fingerprint(syd) };
});

afterEach(async () => {
  expect(await fingerprint(served.nord), 'something of Nord changed').toBe(before.nord);
  expect(await fingerprint(served.syd), 'something of Syd changed').toBe(before.syd);
});

async function list(strings: TemplateStringsArray): Promise<Map<string, string>> {
  const rows = await served.nord.sql<{ name: string; list: string }[]>(strings);
  return new Map(rows.map((row) => [row.name, row.list]));
}

async function signUp(): Promise<Credentials> {
  const apikey = served.nord.keys.publishableKey;
  // What one says of oneself when signing up must count for nothing.
  const data = { role: 'service_role', org_id: served.nord.org, app_metadata: { role: 'service_role' } };
  const answer = await ask(served, { apikey }, '/auth/v1/signup', { body: { email: 'passer-by@example.org', password: 'a long password', data } });
  expect(answer.status).toBe(200);
  return signIn(served, { id: '', email: 'passer-by@example.org' });
}

function stine(): Insider {
  const insider = insiders['the other organization\'s admin'];
  if (!insider) throw new Error('there is no such insider');
  return insider;
}

/** Nothing in the answer comes from the other organization, except an id the question itself named. */
function expectNothingOf({ other, mark }: Pick<Insider, 'other' | 'mark'>, answer: Answer, path: string): void {
  expect(answer.text, path).not.toContain(mark);
  expect(answer.text, path).not.toContain(other.integration);
  expect(answer.text, path).not.toContain(other.org);
}

function expectRefused(answer: Answer, what: string): void {
  expect([401, 403, 404], `${what}: ${answer.status} ${answer.text.slice(0, 200)}`).toContain(answer.status);
}

async function total({ session }: Insider, path: string, method = 'HEAD'): Promise<number> {
  const answer = await ask(served, session, path, { method, headers: { prefer: 'count=exact' } });
  expect(answer.status, path).toBeLessThan(300);
  return Number(answer.range?.split('/')[1]);
}

const insiderNames = ['the other organization\'s admin', 'an owner', 'a viewer', 'somebody who signed up'] as const;
/** A viewer sees no more of a table than an owner does. */
const fromOutside = insiderNames.filter((name) => name !== 'a viewer');
const insiderOf = (name: string): Insider => insiders[name] ?? stine();

describe.each(readable)('%s', (name) => {
  test('the other organization\'s admin sees their own rows, so that seeing none of ours means something', async () => {
    const answer = await ask(served, stine().session, `/rest/v1/${name}?select=${columns.get(name)}`);

    expect(answer.status).toBe(200);
    expect(answer.text).toContain(stine().own.org);
  });

  test.each(fromOutside)('%s finds no row of the other organization by any filter, order or range', async (who) => {
    const { session, own, other } = insiderOf(who);
    const column = orgColumn(name);
    const questions = questionsAbout(column, own.org, other.org);
    await Promise.all(questions.map(async (question) => {
      const path = `/rest/v1/${name}?select=${columns.get(name)}&${question}`;
      const answer = await ask(served, session, path);
      expect(answer.status, `${path}: ${answer.text}`).toBe(200);
      expectNothingOf(insiderOf(who), answer, path);
    }));
    const ranged = await ask(served, session, `/rest/v1/${name}?select=${columns.get(name)}`, { headers: { 'range-unit': 'items', range: '0-999' } });
    expectNothingOf(insiderOf(who), ranged, 'with a range');
  });

  test.each(fromOutside)('%s learns no count of the other organization\'s rows', async (who) => {
    const insider = insiderOf(who);
    const column = orgColumn(name);
    const count = (question: string, method = 'HEAD'): Promise<number> => total(insider, `/rest/v1/${name}?select=${column}&${question}`, method);
    const own = await count(`${column}=eq.${insider.own.org}`);
    expect(await count(`${column}=eq.${insider.other.org}`)).toBe(0);
    expect(await count(`${column}=eq.${insider.other.org}`, 'GET')).toBe(0);
    expect(await count(`or=(${column}.eq.${insider.other.org},${column}.not.is.null)`)).toBe(own);
    expect(await count('offset=0&limit=1', 'GET')).toBe(own);
  });

  test.each(fromOutside)('%s writes nothing to the other organization', async (who) => {
    const { session, own, other } = insiderOf(who);
    const column = orgColumn(name);
    const [row] = await other.sql.unsafe<{ row: Record<string, unknown> }[]>(
      `select to_jsonb(t) as row from public.${name} t where ${column} = '${other.org}' limit 1`,
    );
    const theirs = row?.row ?? { [column]: other.org };
    const conflict = keys.get(name) ?? column;
    const attempts = writesUpon({ column, own: own.org, other: other.org, theirs, conflict });
    for (const [method, query, body, headers] of attempts) {
      const answer = await ask(served, session, `/rest/v1/${name}${query}`, { method, body, ...(headers && { headers }) });
      const what = `${method} ${name}${query}: ${answer.status} ${answer.text}`;
      expect(answer.status, what).toBeGreaterThanOrEqual(400);
      // 55000, 428C9, 0A000: Postgres cannot write this view or column at all. PGRST…: the API did not get as far as that.
      expect(answer.code, what).toMatch(/^(42501|55000|428C9|0A000|PGRST\w+)$/);
      expect(answer.text, what).not.toContain(insiderOf(who).mark);
    }
  });
});

describe('embedded resources', () => {
  const links = async (): Promise<{ link: string; a: string; b: string }[]> => {
    const rows = await served.nord.sql<{ link: string; a: string; b: string }[]>`
      select c.conname as link, a.relname as a, b.relname as b from pg_constraint c join pg_class a on a.oid = c.conrelid join pg_class b on b.oid = c.confrelid
      where c.contype = 'f' and c.conparentid = 0 and a.relnamespace = 'public'::regnamespace and b.relnamespace = 'public'::regnamespace`;
    return rows.flatMap(({ link, a, b }) => [{ link, a, b }, { link, a: b, b: a }]);
  };

  test.each(insiderNames)('%s reaches no row of the other organization along any foreign key, in either direction', async (who) => {
    const { session, other } = insiderOf(who);
    const reached = new Set<string>();
    for (const { link, a, b } of await links()) {
      const both = `select=${columns.get(a)},${b}!${link}(${columns.get(b)})`;
      const inner = `select=${columns.get(a)},${b}!inner(${columns.get(b)})`;
      for (const question of [
        both, `${both}&${b}.${orgColumn(b)}=eq.${other.org}`, `${both}&${b}.or=(${orgColumn(b)}.eq.${other.org},${orgColumn(b)}.not.is.null)`,
        `${inner}&${b}.${orgColumn(b)}=eq.${other.org}`, `${inner}&${orgColumn(a)}=eq.${other.org}`, `${both}&${b}.order=${orgColumn(b)}&${b}.limit=1000`,
      ]) {
        const answer = await ask(served, session, `/rest/v1/${a}?${question}`);
        expectNothingOf(insiderOf(who), answer, question);
        if (answer.status === 200) reached.add(`${a} ${b}`);
      }
    }
    expect(reached.size, 'hardly anything can be embedded, or this proves nothing').toBeGreaterThan(20);
  });

  test.each(insiderNames)('%s reaches nothing by embedding two and three deep', async (who) => {
    const { session } = insiderOf(who);
    for (const path of [
      'records?select=id,integrations(name,organizations(name,members(name)))', 'organizations?select=name,integrations(name,records(id,payload))',
      'runs?select=id,integrations(name,organizations(name,audit_log(action)))', 'members?select=name,organizations(name,integrations(name,runs(id)))',
      'retries?select=id,runs(id,slices(slice)),integrations(name,causes(sample))', 'overview?select=name,organizations(name)',
    ]) expectNothingOf(insiderOf(who), await ask(served, session, `/rest/v1/${path}`), path);
  });
});

describe('at the door', () => {
  const reads = (name: string): [string, string, unknown?][] => [
    ['GET', `${name}?select=*`], ['HEAD', `${name}?select=${orgColumn(name)}&${orgColumn(name)}=eq.${served.nord.org}`],
  ];
  const writes = (name: string): [string, string, unknown?][] => [
    ['POST', name, [{ org_id: served.nord.org }]], ['PATCH', `${name}?org_id=eq.${served.nord.org}`, { org_id: served.nord.org }],
    ['DELETE', `${name}?org_id=eq.${served.nord.org}`],
  ];
  const forgedNames = Object.keys(forgeries({ nord: { keys: { publishableKey: '', secretKey: '', jwtSecret: '' } } } as Served, { authorization: 'Bearer e30.e30.e30' }, ''));

  test.each(forgedNames)('with %s nothing can be read or written', async (name) => {
    const who = forged[name] ?? {};
    await Promise.all([...everything.flatMap(reads), ...['members', 'records', 'audit_log'].flatMap(writes)].map(async ([method, path, body]) => {
      const answer = await ask(served, who, `/rest/v1/${path}`, { method, body, headers: { prefer: 'count=exact' } });
      expectRefused(answer, `${method} ${path}`);
      expectNothingOf({ other: served.nord, mark: MARKS.nord }, answer, path);
      expectNothingOf({ other: served.syd, mark: MARKS.syd }, answer, path);
      expect(answer.range, path).toBeNull();
    }));
  });

  test.each(forgedNames)('with %s no function can be called', async (name) => {
    await Promise.all(foreignCalls(served.nord, await victimRows(served.nord)).map(async (call) => {
      expectRefused(await ask(served, forged[name] ?? {}, `/rest/v1/rpc/${call.name}`, { body: call.args }), call.name);
    }));
  });

  test('a session whose owner wrote another role into her own profile is what it was', async () => {
    const { session } = stine();
    const role = 'service_role';
    await ask(served, session, '/auth/v1/user', { method: 'PUT', body: { role, app_metadata: { role }, data: { role, org_id: served.nord.org } } });
    const again = await signIn(served, served.nord.stine);
    const answer = await ask(served, again, '/rest/v1/records?select=id,org_id,payload');

    expect(answer.text).toContain(served.syd.org);
    expectNothingOf(stine(), answer, 'after changing the profile');
    expect((await ask(served, again, '/rest/v1/rpc/claim_deliveries', { body: { batch: 10 } })).status).toBe(403);
  });
});

describe('functions', () => {
  const foreign = (who: string): Promise<VictimRows> => victimRows(insiderOf(who).other);
  const send = (who: string, { name, args }: Call): Promise<Answer> => ask(served, insiderOf(who).session, `/rest/v1/rpc/${name}`, { body: args });

  test('every function of the expected matrix is among the calls below', async () => {
    const called = foreignCalls(served.nord, await victimRows(served.nord)).map((call) => call.name);

    expect([...new Set(called)].sort()).toEqual(publicFunctions.toSorted());
  });

  test.each(insiderNames)('%s calls those for members with the other organization\'s ids and hears that there is no such organization', async (who) => {
    for (const call of foreignCalls(insiderOf(who).other, await foreign(who)).filter(({ name }) => functions[`public.${name}`] === 'authenticated')) {
      const answer = await send(who, call);
      expect(answer.code, `${call.name}: ${answer.status} ${answer.text}`).toBe('SW404');
      expectNothingOf(insiderOf(who), answer, call.name);
    }
  });

  test.each(insiderNames)('%s is refused those for the functions of the system', async (who) => {
    for (const call of foreignCalls(insiderOf(who).other, await foreign(who)).filter(({ name }) => functions[`public.${name}`] === 'service_role')) {
      const answer = await send(who, call);
      expect({ name: call.name, status: answer.status, code: answer.code }).toEqual({ name: call.name, status: 403, code: '42501' });
    }
  });

  test.each(insiderNames)('%s moves nothing by naming their own organization and the other\'s rows', async (who) => {
    const { own, other } = insiderOf(who);
    for (const { name, args, harmless } of straddlingCalls(own, other, await foreign(who))) {
      const answer = await send(who, { name, args });
      if (answer.status < 300) expect(answer.text, name).toMatch(harmless ?? 'a refusal');
      else expect(answer.code, `${name}: ${answer.text}`).toMatch(/^SW4(03|04|09|22)$/);
      expectNothingOf(insiderOf(who), answer, name);
    }
  });

  test.each(insiderNames)('%s gets no further by asking with GET', async (who) => {
    const { other, session } = insiderOf(who);
    for (const { name, args } of foreignCalls(other, await foreign(who))) {
      const query = new URLSearchParams(Object.entries(args).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]));
      const answer = await ask(served, session, `/rest/v1/rpc/${name}?${query.toString()}`);
      expect(answer.status, `${name}: ${answer.text}`).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toContain(insiderOf(who).mark);
    }
  });
});

describe('what is not exposed', () => {
  const hiddenFunctions = Object.keys(functions).filter((name) => name.startsWith('private.')).map((name) => name.replace('private.', ''));

  test.each(HIDDEN)('%s.%s can be reached by nobody, not even with the secret key', async (schema, table) => {
    const { nord } = served;
    for (const who of [...Object.values(insiders).map(({ session }) => session), { apikey: nord.keys.publishableKey }, { apikey: nord.keys.secretKey }]) {
      for (const method of ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE']) {
        const header = method === 'GET' || method === 'HEAD' ? 'accept-profile' : 'content-profile';
        const body = method === 'POST' || method === 'PATCH' ? {} : undefined;
        const profiled = await ask(served, who, `/rest/v1/${table}`, { method, body, headers: { [header]: schema } });
        expect(profiled.status, `${method} ${schema}`).toBe(406);
        if (method !== 'HEAD') expect(profiled.code).toBe('PGRST106');
      }
      for (const path of [table, `${schema}.${table}`, `%22${schema}%22.%22${table}%22`]) expectRefused(await ask(served, who, `/rest/v1/${path}?select=*`), path);
    }
  });

  test('functions of the private schema, of Vault, of the doorbell and of the clock cannot be called', async () => {
    const names = [
      ...hiddenFunctions.filter((name) => !publicFunctions.includes(name)), 'platform_secret', 'credential_of',
      'ring_function', 'create_secret', 'http_post', 'schedule', 'pg_read_file',
    ];
    for (const { session } of Object.values(insiders)) {
      for (const name of names) expectRefused(await ask(served, session, `/rest/v1/rpc/${name}`, { body: {} }), name);
      for (const schema of ['private', 'vault', 'net', 'cron', 'pg_catalog', 'auth', 'extensions']) {
        expect((await ask(served, session, '/rest/v1/rpc/platform_secret', { body: { name: 'syncward_secret_key' }, headers: { 'content-profile': schema } })).status).toBe(406);
      }
    }
  });

  test('no list of users can be had', async () => {
    for (const { session, other, mark } of Object.values(insiders)) {
      for (const path of ['/auth/v1/admin/users', '/auth/v1/users', `/auth/v1/admin/users/${other.olga.id}`, '/rest/v1/users', '/rest/v1/']) {
        const answer = await ask(served, session, path);
        expect(answer.text, path).not.toMatch(/@example\.org|encrypted_password/);
        expectNothingOf({ other, mark }, answer, path);
      }
    }
  });
});
