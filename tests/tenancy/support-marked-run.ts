import { randomBytes } from 'node:crypto';
import { atEnd } from '../support/cleanup.ts';
import { testStack } from '../support/stack.ts';
import type { TestStack } from '../support/stack.ts';
import { startBusinessCentral } from '../simulators/business-central.ts';
import { startMailbox } from '../simulators/resend.ts';
import type { Mailbox } from '../simulators/resend.ts';
import { startXledger } from '../simulators/xledger.ts';
import { needleOf } from './support-needles.ts';
import type { Needle } from './support-needles.ts';
import { SAYINGS, startParrot } from './support-parrot.ts';
import type { Parrot } from './support-parrot.ts';

const mark = (name: string): string => `${name}${randomBytes(18).toString('hex')}`;
const PASSWORD = 'a long password';

/** What was asked over HTTP, and everything that was answered, headers too. */
export type Conversation = { ask(path: string, body?: unknown, as?: string): Promise<string>; answers: string[] };

export type MarkedRun = {
  stack: TestStack;
  mailbox: Mailbox;
  needles: Needle[];
  conversation: Conversation;
  /** What the systems were sent: the secrets must be there, or the run proves nothing. */
  heard: string[];
  statuses: { status: string; error_code: string | null }[];
};

type Place = { org: string; id: string };

/** Runs the real functions through success and every kind of trouble, with credentials that can be recognized anywhere. */
export async function runMarked(): Promise<MarkedRun> {
  const marks = {
    xledger: mark('xledger'), xledgerNew: mark('xledger'), central: mark('central'), centralNew: mark('central'), mail: `re_${mark('mail')}`,
    misplaced: mark('misplaced'), unwanted: mark('unwanted'),
  };
  const clock = (): Date => new Date();
  const books = { accounts: ['6800'], costCenters: ['100'], clock };
  const xledger = await startXledger({ ...books, token: marks.xledger, importDelayMs: 0, limits: { burst: null } });
  const central = await startBusinessCentral({ ...books, clientSecret: marks.central });
  const mailbox = await startMailbox({ clock, apiKey: marks.mail });
  const parrots = { xledger: await startParrot(xledger.url), central: await startParrot(central.url) };
  for (const one of [xledger, central, mailbox, parrots.xledger, parrots.central]) atEnd(() => one.stop());
  const stack = await testStack({ functionsEnv: { RESEND_BASE_URL: mailbox.url, RESEND_API_KEY: marks.mail } });
  const conversation = await converse(stack);
  const { tenantId, environment, companyId, journalId, clientId } = central;
  const [inXledger, inCentral] = await makeIntegrations(stack, { baseUrl: parrots.xledger.url }, {
    baseUrl: parrots.central.url, loginUrl: parrots.central.url, tenantId, environment, companyId, journalId, currency: 'NOK',
  });
  const set = (place: Place, credential: unknown, as?: string): Promise<string> =>
    conversation.ask('/rest/v1/rpc/set_credential', { org: place.org, integration: place.id, credential }, as);
  const run = createRunner(stack, conversation);

  await set(inXledger, { token: marks.xledger });
  await set(inCentral, { clientId, clientSecret: marks.central });
  for (const [place, vendor] of [[inXledger, xledger], [inCentral, central]] as const) {
    await run(place, ['6800', '6800', '9999']);
    vendor.faults.next('unavailable', 3);
    await run(place, ['6800']);
    for (const fault of ['error_before', 'gateway_html', 'half_body', 'reset', 'expired_token'] as const) {
      vendor.faults.next(fault);
      await run(place, ['6800']);
    }
  }
  await echo(inXledger, parrots.xledger, run);
  await echo(inCentral, parrots.central, run);

  mailbox.faults.next('expired_token');
  xledger.rotate(marks.xledgerNew);
  central.rotate(marks.centralNew);
  for (const place of [inXledger, inCentral]) await run(place, ['6800']);
  // What is not accepted as a credential must not be kept or repeated either.
  for (const wrong of [marks.unwanted, [marks.unwanted], null]) await set(inXledger, wrong);
  await set(inXledger, { token: marks.unwanted }, 'vera@example.org');
  await set({ ...inXledger, org: inCentral.id }, { token: marks.unwanted });
  await set(inXledger, { misplaced: marks.misplaced });
  await run(inXledger, ['6800']);
  await stack.sql`update integrations set settings = settings || '{"decimals": "many"}' where id = ${inCentral.id}`;
  await run(inCentral, ['6800']);
  await stack.sql`update integrations set settings = settings || '{"decimals": 2}' where id = ${inCentral.id}`;
  await set(inXledger, { token: marks.xledgerNew });
  await set(inCentral, { clientId, clientSecret: marks.centralNew });
  for (const place of [inXledger, inCentral]) {
    const mapping = { field: 'account', from_value: '9999', to_value: '6800' };
    await conversation.ask('/rest/v1/rpc/retry_failed', { org: place.org, integration: place.id, scope: 'open', ...mapping });
    await stack.settled();
    await run(place, ['6800']);
  }
  await deliverAll(stack);

  const tokens = parrots.central.given.flatMap((body) => /"access_token":"([^"]+)"/.exec(body)?.[1] ?? []);
  const { secretKey, jwtSecret, databasePassword } = stack.keys;
  const secrets = { ...marks, secretKey, jwtSecret, databasePassword, ...Object.fromEntries(tokens.map((token, n) => [`access token ${n + 1}`, token])) };
  return {
    stack, mailbox, conversation,
    needles: Object.entries(secrets).map(([name, secret]) => needleOf(name, secret)),
    heard: [...parrots.xledger.heard, ...parrots.central.heard],
    statuses: await stack.sql<MarkedRun['statuses']>`select distinct status, error_code from runs`,
  };
}

async function converse(stack: TestStack): Promise<Conversation> {
  const { publishableKey: apikey, sql } = stack;
  const [org] = await sql<{ id: string }[]>`insert into organizations (slug, name, approve_changes) values ('nord', 'Nord', false) returning id`;
  const tokens = new Map<string, string>();
  for (const [email, role] of [['olga@example.org', 'owner'], ['arne@example.org', 'admin'], ['vera@example.org', 'viewer']] as const) {
    const user = await stack.createUser(email, PASSWORD);
    await sql`insert into members (org_id, user_id, role, name) values (${org?.id ?? ''}, ${user.id}, ${role}, ${role})`;
    const answer = await fetch(`${stack.apiUrl}/auth/v1/token?grant_type=password`, {
      method: 'POST', headers: { apikey, 'content-type': 'application/json' }, body: JSON.stringify({ email, password: PASSWORD }),
    });
    tokens.set(email, ((await answer.json()) as { access_token: string }).access_token);
  }
  const answers: string[] = [];
  return {
    answers,
    async ask(path, body, as = 'olga@example.org') {
      const response = await fetch(`${stack.apiUrl}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { apikey, authorization: `Bearer ${tokens.get(as)}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      answers.push(`${path} ${response.status} ${JSON.stringify(Object.fromEntries(response.headers))} ${text}`);
      return `${response.status} ${text}`;
    },
  };
}

async function makeIntegrations({ sql }: TestStack, xledger: object, central: object): Promise<[Place, Place]> {
  const make = async (system: string, settings: object): Promise<Place> => {
    const [row] = await sql<Place[]>`
      insert into integrations (org_id, system, slug, name, settings, next_due_at)
      select o.id, ${system}, ${system}, ${system}, ${sql.json(settings as never)}, now() + interval '1 day' from organizations o
      returning org_id as org, id`;
    if (!row) throw new Error(`the integration of ${system} was not made`);
    return row;
  };
  return [await make('xledger', xledger), await make('business-central', central)];
}

type Runner = (place: Place, accounts: string[]) => Promise<void>;

/** Hands in one record per account and syncs, as a person who presses the button, until nothing moves any more. */
function createRunner({ sql, settled }: TestStack, { ask }: Conversation): Runner {
  let handed = 0;
  return async function run({ org, id }, accounts) {
    const records = accounts.map((account) => {
      handed += 1;
      return {
        source_type: 'expense', source_id: `E-${handed}`, amount: '100.50', currency: 'NOK',
        payload: { account, costCenter: '100', description: `Expense ${handed}`, documentNumber: `D${handed}`, postingDate: '2026-11-01' },
      };
    });
    await sql`select hand_in(${org}, ${id}, ${sql.json(records)})`;
    const answer = await ask('/rest/v1/rpc/sync_now', { org, integration: id });
    if (!answer.startsWith('200 ')) throw new Error(`the run did not start: ${answer}`);
    await settled();
    // What waits for its next try would only wait: it is taken out, so that each run meets the trouble meant for it.
    await sql`
      update records set state = 'dismissed'
      where org_id = ${org} and integration_id = ${id} and state in ('retrying', 'uncertain', 'accepted')`;
    await sql`update runs set resume_at = null where org_id = ${org} and integration_id = ${id} and status = 'running'`;
  };
}

/** Lets the system repeat the credential in every way it knows, to a run each. */
async function echo(place: Place, parrot: Parrot, run: Runner): Promise<void> {
  for (const saying of Object.values(SAYINGS)) {
    parrot.next(saying);
    await run(place, ['6800']);
  }
}

async function deliverAll({ sql, clock, settled }: TestStack): Promise<void> {
  await clock.tick('syncward-evaluate');
  await settled();
  await sql`update deliveries set next_attempt_at = now() where state = 'pending'`;
  await clock.tick('syncward-deliver');
  await settled();
}
