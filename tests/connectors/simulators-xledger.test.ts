import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GraphQLError, parseOperation } from '../simulators/graphql.ts';
import { testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startXledger } from '../simulators/xledger.ts';
import type { XledgerOptions, XledgerSimulator } from '../simulators/xledger.ts';

let clock: TestClock;
let xledger: XledgerSimulator;

async function start(more: Partial<XledgerOptions> = {}): Promise<void> {
  clock = testClock();
  xledger = await startXledger({ clock, accounts: ['4010'], ...more });
}
beforeEach(() => start());
afterEach(() => xledger.stop());

type Answer = {
  data?: Record<
    string,
    { edges: { clientId?: string; cursor: string; node: Record<string, unknown> }[]; pageInfo?: { hasNextPage: boolean } }
  >;
  errors?: { message: string; code?: string; extensions?: Record<string, unknown> }[];
};

async function ask(query: string, variables: Record<string, unknown> = {}, authorization = `token ${xledger.token()}`): Promise<Answer> {
  const response = await fetch(xledger.graphqlUrl, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  expect(response.status).toBe(200);
  return await response.json() as Answer;
}
const ADD = 'mutation Add($inputs: [AddGLImportItemsInput!]!) { addGLImportItems(inputs: $inputs) { edges { clientId node { dbId } } } }';
const node = {
  extIdentifier: 'k',
  transactionSource: { code: 'GL' },
  jobLevel: { dbSubId: 1 },
  postedDate: '2017-02-07',
  account: { code: '4010' },
  amount: '10.00',
  text: 'x',
};
const add = (...nodes: Record<string, unknown>[]): Promise<Answer> =>
  ask(ADD, { inputs: nodes.map((one, index) => ({ clientId: String(index), node: one })) });
const messageOf = async (answer: Promise<Answer>): Promise<string> => (await answer).errors?.[0]?.message ?? 'no error';

describe('the simulated Xledger refuses', () => {
  it('a call without a token, in the vendor’s words', async () => {
    const words = 'Bad format for API Token. Expected header: "Authorization: token <your-token>"';
    expect(await messageOf(ask('{ accounts { edges { node { code } } } }', {}, ''))).toBe(words);
    expect(await messageOf(ask('{ accounts { edges { node { code } } } }', {}, `Bearer ${xledger.token()}`))).toBe(words);
    expect(await messageOf(ask('{ accounts { edges { node { code } } } }', {}, 'token another'))).toBe('Invalid API Token.');
  });

  it.each([
    [
      'an unknown field of a line',
      { ...node, costCentre: { code: '1' } },
      'Unknown field `costCentre` on input type `AddGLImportItemsInputNode`',
    ],
    ['an unknown field of a reference', { ...node, account: { number: '1' } }, 'Unknown field `number` on input type `Account_Reference`'],
    ['an amount in words', { ...node, amount: 'ten' }, 'expected type `MoneyString`'],
    ['a date of another form', { ...node, postedDate: '07.02.2017' }, 'expected type `DateString`'],
    ['a day that does not exist', { ...node, postedDate: '2017-02-30' }, 'expected type `DateString`'],
    ['a text for a number', { ...node, trRegNumber: '12' }, 'expected type `Int`'],
    ['a text for a reference', { ...node, account: '4010' }, 'expected type `Account_Reference`'],
  ])('%s, and stores nothing of the mutation', async (_, bad, words) => {
    expect(await messageOf(add(node, bad))).toContain(words);
    expect(xledger.items()).toHaveLength(0);
  });

  it.each([
    ['a field nobody has', '{ foo { bar } }', 'Cannot query field `foo` on type `Query`'],
    ['a field the type lacks', '{ accounts { edges { node { colour } } } }', 'Cannot query field `colour` on type `Account`'],
    ['an argument nobody takes', '{ accounts(second: 1) { edges { cursor } } }', 'Unknown argument `second` on field `accounts`.'],
    [
      'a filter nobody knows',
      '{ glImportItems(filter: { colour: "red" }) { edges { cursor } } }',
      'Unknown field `colour` on input type `GLImportItem_Filter`',
    ],
    ['an object without a selection', '{ accounts }', 'must have a selection of subfields'],
    ['a variable of another type', 'query ($a: Int) { accounts(after: $a) { edges { cursor } } }', 'expects type `String`, not `Int`'],
    ['a variable that is not there', ADD, 'Variable `$inputs` of required type'],
    ['half a query', '{ accounts { edges {', 'Syntax error'],
  ])('a query with %s', async (_, query, words) => {
    expect(await messageOf(ask(query))).toContain(words);
  });

  it('more than 500 nodes in one mutation', async () => {
    expect(await messageOf(add(...Array.from({ length: 501 }, () => node)))).toBe('Too many inputs: 501. A mutation takes at most 500.');
    expect((await add(...Array.from({ length: 500 }, () => node))).data?.addGLImportItems?.edges).toHaveLength(500);
  });

  it('an unknown code at once, when told to, with examples of what it knows', async () => {
    await xledger.stop();
    await start({ unknownCodes: 'refuse' });
    const answer = await add(node, { ...node, account: { code: 'Z999' } });
    expect(answer.errors).toEqual([{ message: 'Invalid account code: Z999', extensions: { exampleValidInputs: [{ code: '4010' }] } }]);
    expect(xledger.items()).toHaveLength(0);
  });

  it('the 21st call within five seconds, and takes it after them', async () => {
    for (let call = 0; call < 20; call++) await ask('{ accounts { edges { cursor } } }');
    expect((await ask('{ accounts { edges { cursor } } }')).errors).toEqual([{
      message: 'Too many requests',
      code: 'BAD_REQUEST.BURST_RATE_LIMIT_REACHED',
    }]);
    clock.advance(5.1);
    expect((await ask('{ accounts { edges { cursor } } }')).errors).toBeUndefined();
  });

  it('calls beyond the credits, and says until when', async () => {
    await xledger.stop();
    await start({ limits: { burst: null, credits: 2 } });
    await ask('{ accounts { edges { cursor } } }');
    await ask('{ accounts { edges { cursor } } }');
    expect((await ask('{ accounts { edges { cursor } } }')).errors).toEqual([
      { message: 'Not enough credits', code: 'BAD_REQUEST.INSUFFICIENT_CREDITS', extensions: { resetAt: '2017-03-01T09:00:00.000Z' } },
    ]);
    clock.advance(3_600);
    expect((await ask('{ accounts { edges { cursor } } }')).errors).toBeUndefined();
  });
});

describe('the simulated import job', () => {
  it('judges after its delay, and shows each line as waiting, run or in error', async () => {
    await add(node, { ...node, account: { code: 'Z999' } }, { ...node, jobLevel: { dbSubId: 0 } });
    const states = async (): Promise<unknown[]> =>
      (await ask('{ glImportItems { edges { node { dbId jobLevel { name } } } } }')).data?.glImportItems?.edges.map((edge) =>
        edge.node.jobLevel
      ) ?? [];
    expect(await states()).toEqual([{ name: 'Ready to run' }, { name: 'Ready to run' }, { name: 'Not ready' }]);
    clock.advance(2);
    expect(await states()).toEqual([{ name: 'Run' }, { name: 'Error' }, { name: 'Not ready' }]);
    const errors = await ask(
      'query ($ids: [Int64String!]) { glImportItemErrors(filter: { transactionDbId_in: $ids }) ' +
        '{ edges { node { message transactionDbId errorLevel { code } } } } }',
      { ids: ['5000002'] },
    );
    expect(errors.data?.glImportItemErrors?.edges.map((edge) => edge.node)).toEqual([
      { message: 'Invalid account code: Z999', transactionDbId: '5000002', errorLevel: { code: 'ERROR' } },
    ]);
  });

  it.each([
    ['an unknown cost center', { glObject2: { code: '1' } }, 'Invalid cost center code: 1'],
    ['an unknown project', { project: { code: 'P' } }, 'Invalid project code: P'],
    ['an unknown tax rule', { taxRule: { code: '9' } }, 'Invalid tax rule code: 9'],
    ['an unknown currency', { currency: { code: 'XXX' } }, 'Invalid currency code: XXX'],
    ['no account', { account: null }, 'Account is missing.'],
    ['no amount', { amount: null }, 'Amount is missing.'],
    ['a closed period', { postedDate: '2016-12-31' }, 'Posting date 2016-12-31 is in a closed period.'],
  ])('refuses a line with %s', async (_, change, message) => {
    xledger.setOpenPeriods({ from: '2017-01-01', to: '2017-12-31' });
    await add({ ...node, ...change });
    xledger.runImport();
    expect(xledger.items()[0]?.errors).toEqual([message]);
    expect(xledger.ledger()).toHaveLength(0);
  });

  it('books the same line twice when it is handed in twice, and the ledger shows it', async () => {
    await add(node);
    await add(node);
    xledger.runImport();
    expect(xledger.duplicates()).toEqual([{ key: 'k', count: 2 }]);
  });

  it('lets a refused line be corrected, a posted one not', async () => {
    const UPDATE = 'mutation ($inputs: [UpdateGLImportItemsInput!]!) { updateGLImportItems(inputs: $inputs) { edges { node { dbId } } } }';
    await add({ ...node, account: { code: 'Z999' } });
    xledger.runImport();
    await ask(UPDATE, { inputs: [{ node: { dbId: '5000001', account: { code: '4010' } } }] });
    xledger.runImport();
    expect(xledger.ledger()).toMatchObject([{ account: '4010' }]);
    expect(await messageOf(ask(UPDATE, { inputs: [{ node: { dbId: '5000001', text: 'late' } }] }))).toContain('already posted');
    expect(await messageOf(ask(UPDATE, { inputs: [{ node: { text: 'whose?' } }] }))).toContain('Field `dbId` is required');
  });

  it('pages by cursor', async () => {
    await add(...Array.from({ length: 5 }, (_, index) => ({ ...node, extIdentifier: `k${index}` })));
    const first = await ask('{ glImportItems(first: 3) { edges { cursor node { extIdentifier } } pageInfo { hasNextPage } } }');
    expect(first.data?.glImportItems?.pageInfo).toEqual({ hasNextPage: true });
    const next = await ask(
      'query ($after: String) { glImportItems(first: 3, after: $after) { edges { node { extIdentifier } } pageInfo { hasNextPage } } }',
      { after: first.data?.glImportItems?.edges.at(-1)?.cursor },
    );
    expect(next.data?.glImportItems).toEqual({
      edges: [{ node: { extIdentifier: 'k3' } }, { node: { extIdentifier: 'k4' } }],
      pageInfo: { hasNextPage: false },
    });
  });

  it('keeps up with a hundred thousand lines', async () => {
    await xledger.stop();
    await start({ limits: { burst: null } });
    for (let batch = 0; batch < 200; batch++) {
      await add(...Array.from({ length: 500 }, (_, index) => ({ ...node, extIdentifier: `k${batch * 500 + index}` })));
    }
    clock.advance(10);
    const keys = Array.from({ length: 500 }, (_, index) => `k${index * 200}`);
    const found = await ask(
      'query ($keys: [String!]) { glImportItems(first: 10000, filter: { extIdentifier_in: $keys }) { edges { node { dbId } } } }',
      { keys },
    );
    expect(found.data?.glImportItems?.edges).toHaveLength(500);
    expect(xledger.ledger()).toHaveLength(100_000);
    expect(xledger.duplicates()).toEqual([]);
  });
});

describe('the query parser', () => {
  it('reads what it is given or says what is wrong, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.constantFrom('{', '}', '(', ')', ':', '$a', 'query', 'x', '"s"', '1', '[', ']', '!', '...')).map((parts) =>
            parts.join(' ')
          ),
        ),
        (text) => {
          try {
            expect(['query', 'mutation']).toContain(parseOperation(text).type);
          } catch (error) {
            expect(error).toBeInstanceOf(GraphQLError);
          }
        },
      ),
    );
  });

  it('reads aliases, variables, lists, objects and comments', () => {
    const operation = parseOperation(
      'query Q($a: [Int64String!]!, $b: Int = 3) { # why\n' +
        ' one: items(filter: {dbId_in: $a, name: "x\\"y", on: true, kind: OPEN, none: null}) { edges { cursor } } }',
    );
    expect([...operation.variables]).toEqual([['a', '[Int64String!]!'], ['b', 'Int']]);
    expect(operation.selections[0]).toMatchObject({
      alias: 'one',
      name: 'items',
      selections: [{ name: 'edges', selections: [{ name: 'cursor' }] }],
    });
  });
});
