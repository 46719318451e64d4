import { beforeAll, describe, expect, test } from 'vitest';
import {
  begin, expectAllAcross, go, leaseEnds, look, mend, openBadHouse, organization, place, until, type BadHouse, type Place, type Seen,
} from '../support/bad-house.ts';
import { found, foundInDatabase, needleOf } from '../tenancy/support-needles.ts';

// The real functions host, and connectors that do everything a connector must not.

type Expected = { says: RegExp; states: Record<string, number>; health?: string };
const inDoubt = { uncertain: 6 };
/** Three records show that it is not the records; the rest is put back. */
const putOff = { retrying: 3, queued: 3 };

/** What one run of each comes to. Six records are due; where one is told apart, it is the third. */
const misdeeds: Record<string, Expected> = {
  'throws at once': { says: /The connector failed: Not today\./, states: putOff },
  'throws after sending': { says: /The connector failed: Cannot read properties of undefined/, states: inDoubt },
  'throws what has no text': { says: /The connector failed/, states: putOff },
  'throws in find': { says: /The connector failed: Cannot look it up\./, states: inDoubt },
  'throws in confirm': { says: /The connector failed: Cannot ask\./, states: { accepted: 6 } },
  'finds too few': { says: /It gave 0 outcomes for 6 records/, states: inDoubt },
  'finds undefined': { says: /It gave no outcome for record 1 of 6/, states: inDoubt },
  'confirms too few': { says: /It gave 0 outcomes for 6 records/, states: { accepted: 6 } },
  'answers too few': { says: /It gave 5 outcomes for 6 records/, states: inDoubt },
  'answers too many': { says: /It gave 12 outcomes for 6 records/, states: inDoubt },
  'answers nothing': { says: /It gave no list of outcomes/, states: inDoubt },
  'answers undefined for each': { says: /It gave no outcome for record 1 of 6/, states: inDoubt },
  'answers a state there is not': { says: /record 1 of 6 the state "sending", which is none/, states: inDoubt },
  'accepts without a number': { says: /It took record 1 of 6 without an externalId/, states: inDoubt },
  'refuses without saying why': { says: /It refused record 1 of 6 without a diagnosis/, states: inDoubt },
  'answers a number of the wrong kind': { says: /The externalId of record 1 of 6 is no text/, states: inDoubt },
  'answers in circles': { says: /The externalId of record 1 of 6 is no text/, states: inDoubt },
  'answers what cannot be looked at': { says: /Do not look at me/, states: inDoubt },
  'answers a number of 5 MB': { says: /The externalId of record 1 of 6 is longer than 500 characters/, states: inDoubt },
  'refuses in 5 MB': { says: /^so long so long/, states: { failed: 6 } },
  'refuses in letters that are none': { says: /Not.?so/, states: { failed: 6 } },
  'trips over one record': { says: /The connector failed: Invalid time value/, states: { exported: 5, failed: 1 } },
  'trips over one record after asking': { says: /The connector failed: Invalid time value/, states: inDoubt },
  'prints its credential': { says: /^$/, states: { exported: 6 }, health: 'green' },
  'throws its credential': { says: /The connector failed: Cannot sign in with \[redacted\]/, states: putOff },
  'refuses with its credential': { says: /Who is \[redacted\]\?/, states: { failed: 6 } },
  'is locked out with its credential': { says: /Who is \[redacted\]\?/, states: { queued: 6 } },
  'exports under its credential': { says: /^$/, states: { exported: 6 }, health: 'green' },
  'rejects afterwards': { says: /^$/, states: { exported: 6 }, health: 'green' },
  'sends behind our back': { says: /I shall go on alone/, states: putOff },
};

describe('a connector that', () => {
  let house: BadHouse;
  const bad = new Map<string, Place>();
  const first = new Map<string, Seen>();
  const neighbours: Place[] = [];

  beforeAll(async () => {
    house = await openBadHouse();
    neighbours.push(await place(house, await organization(house), null));
    for (const name of Object.keys(misdeeds)) {
      const org = await organization(house);
      bad.set(name, await place(house, org, name, name.startsWith('trips') ? ['a', 'b', 'poison', 'd', 'e', 'f'] : undefined));
      neighbours.push(await place(house, org, null, ['a', 'b']));
    }
    // A few at a time: the budget of a slice counts the CPU of the whole process.
    const all = [...bad.values(), ...neighbours];
    for (let at = 0; at < all.length; at += 8) await go(house, ...all.slice(at, at + 8));
    // Whoever is asked about what was sent is asked by the next run.
    await go(house, ...[...bad].flatMap(([name, where]) => (/find/.test(name) ? [where] : [])));
    for (const [name, where] of bad) first.set(name, await look(house, where));
  });

  test.each(Object.entries(misdeeds))('%s harms its own integration only, and says so', (name, { says, states, health = 'red' }) => {
    const seen = first.get(name);
    expect(seen).toMatchObject({ states, health });
    expect(seen?.says).toMatch(says);
    expect(seen?.says.length, 'what is said fits on a page').toBeLessThan(5_000);
  });

  test('does any of this leaves every neighbour green, with all of its records across once', async () => {
    for (const neighbour of neighbours) {
      expect(await look(house, neighbour)).toMatchObject({ health: 'green', run: 'succeeded' });
      await expectAllAcross(house, neighbour, 'a neighbour');
    }
  });

  test('is mended brings all of its records across, and none of them twice', async () => {
    await mend(house, ...bad.values());
    for (const [name, where] of bad) await expectAllAcross(house, where, name);
  });

  test('has its credential in hand gets it into no row and no log', async () => {
    const shown = [...bad].filter(([name]) => /credential|afterwards/.test(name));
    const needles = shown.map(([name, { token }]) => needleOf(name, token));
    expect(house.places.every(({ ledger, token }) => ledger.tokens.has(token)), 'the systems were given the tokens').toBe(true);
    expect(await foundInDatabase(house.stack.sql, needles)).toEqual([]);
    expect(house.stack.logs.flatMap((line) => found(needles, 'the log', line))).toEqual([]);
    expect(house.stack.logs.join('\n'), 'what it printed is there, without it').toContain('my token is [redacted]');
  });
});

describe('a connector that takes more than its part', () => {
  let house: BadHouse;
  let neighbours: [Place, Place];
  beforeAll(async () => {
    // Little memory, so that whoever eats it all is done soon.
    house = await openBadHouse({ DENO_V8_FLAGS: '--max-old-space-size=160' });
  });

  /** A bad integration with a neighbour in its own organization and one in another, the neighbours with so much to do that it takes a while. */
  async function settle(misbehaves: string): Promise<Place> {
    const org = await organization(house);
    const many = Array.from({ length: 120 }, (_, number) => String(number));
    neighbours = [await place(house, org, null, many), await place(house, await organization(house), null, many)];
    return place(house, org, misbehaves);
  }

  async function expectNeighboursUnharmed(): Promise<void> {
    for (const neighbour of neighbours) {
      expect(await look(house, neighbour)).toMatchObject({ health: 'green', run: 'succeeded' });
      await expectAllAcross(house, neighbour, 'a neighbour');
    }
  }

  test('works for seconds holds up the others no longer than that', async () => {
    const bad = await settle('works for seconds');
    await go(house, bad, ...neighbours);
    expect(await look(house, bad)).toMatchObject({ health: 'green', states: { exported: 6 } });
    await expectNeighboursUnharmed();
  });

  test('never returns holds up nobody, is found stuck, and has lost nothing', async () => {
    const bad = await settle('never returns');
    await begin(house, bad, ...neighbours);
    await until(house, neighbours, 'over');
    await expectNeighboursUnharmed();
    for (let slice = 1; slice <= 5; slice += 1) {
      await until(house, [bad], { slice });
      await leaseEnds(house, bad);
    }
    await until(house, [bad], 'over');
    expect(await look(house, bad)).toMatchObject({ health: 'red', run: 'failed', says: expect.stringContaining('Five slices in a row stopped') as string });
    await mend(house, bad);
    await expectAllAcross(house, bad, 'never returns');
  });

  test.each(['eats memory', 'ends the process'])('%s takes the others with it; all are taken up again and nothing is lost', async (what) => {
    const bad = await settle(what);
    const died = house.stack.logs.filter((line) => line.includes('They are started again.')).length;
    await begin(house, bad, ...neighbours);
    await until(house, [bad], { restarts: died + 1 });
    await house.stack.sql`update integrations set settings = jsonb_set(settings, '{misbehaves}', 'null') where id = ${bad.id}`;
    await leaseEnds(house, bad, ...neighbours);
    await until(house, [bad, ...neighbours], 'over');
    for (const one of [bad, ...neighbours]) await go(house, one);
    await expectAllAcross(house, bad, what);
    await expectNeighboursUnharmed();
  });
});
