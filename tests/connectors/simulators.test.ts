import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAccounts } from '../simulators/books.ts';
import { createFaults, FAULTS } from '../simulators/faults.ts';
import { testClock } from '../simulators/records.ts';
import { startXledger } from '../simulators/xledger.ts';
import type { XledgerSimulator } from '../simulators/xledger.ts';

describe('faults', () => {
  it('come in the order they were asked for, then no more', () => {
    const faults = createFaults();
    faults.next('hang', 2);
    faults.next('reset');
    faults.next('slow', 1, 'token');
    expect([1, 2, 3, 4].map(() => faults.take('api'))).toEqual(['hang', 'hang', 'reset', null]);
    expect([faults.take('token'), faults.take('token')]).toEqual(['slow', null]);
    expect(faults.happened()).toEqual({ hang: 2, reset: 1, slow: 1 });
  });

  it('come as often as asked, the same way for the same seed', () => {
    const draw = (seed: number): (string | null)[] => {
      const faults = createFaults();
      faults.rate({ lost_answer: 0.05, reset: 0.1 }, seed);
      return Array.from({ length: 10_000 }, () => faults.take('api'));
    };
    const drawn = draw(7);
    expect(drawn).toEqual(draw(7));
    expect(drawn).not.toEqual(draw(8));
    expect(drawn.filter((fault) => fault === 'lost_answer').length).toBeGreaterThan(400);
    expect(drawn.filter((fault) => fault === 'lost_answer').length).toBeLessThan(600);
    expect(drawn.filter((fault) => fault === null).length).toBeGreaterThan(8_200);
  });

  it('cannot be more likely than certain, and leave the token alone', () => {
    const faults = createFaults();
    expect(() => faults.rate({ hang: 0.6, reset: 0.6 }, 1)).toThrow('1.2');
    faults.rate({ hang: 1 }, 1);
    expect(faults.take('token')).toBeNull();
    faults.clear();
    expect(faults.take('api')).toBeNull();
  });
});

describe('a chart of accounts from CSV', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'accounts-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is the distinct codes of a column, however its header is written', async () => {
    const [one, two] = [join(folder, 'one.csv'), join(folder, 'two.csv')];
    await writeFile(one, '\uFEFFexpenditure_code,paid\nB2,1\nA1,"2,5"\n,3\n');
    await writeFile(two, 'Area,Expenditure Code\n"North, East",B2\nSouth, C3 \n');
    expect(await loadAccounts([one, two], 'Expenditure Code')).toEqual(['A1', 'B2', 'C3']);
  });

  it('names the file and its columns when there is no such column', async () => {
    const path = join(folder, 'one.csv');
    await writeFile(path, 'a,b\n1,2\n');
    await expect(loadAccounts(path, 'code')).rejects.toThrow('has no column "code"; it has a, b.');
  });
});

describe('the page of a simulator', () => {
  let xledger: XledgerSimulator;
  beforeEach(async () => {
    xledger = await startXledger({ clock: testClock(), accounts: ['4010'] });
  });
  afterEach(() => xledger.stop());

  const press = (action: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${xledger.url}/_simulator/${action}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', headers });

  it('shows what the vendor knows, and lets a person add what is missing', async () => {
    const response = await press('accounts', { codes: 'Z1 Z2, <b>' }, { accept: 'text/html' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
    const page = await (await fetch(xledger.url)).text();
    expect(page).toContain('Chart of accounts (4)');
    expect(page).toContain('4010 Z1 Z2 &lt;b&gt;');
    expect(page).not.toContain('<b>');
  });

  it('takes the same from scripts as JSON', async () => {
    const response = await fetch(`${xledger.url}/_simulator/cost-centers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"codes":["100","200"]}',
    });
    expect(await response.json()).toEqual({ credential: 'xledger-demo-token', entries: 0 });
    expect(await (await fetch(xledger.url)).text()).toContain('100 200');
    expect(await (await fetch(`${xledger.url}/_simulator/ledger`)).json()).toEqual([]);
  });

  it('switches faults on and off, and says which there are', async () => {
    await press('faults', { kind: 'lost_answer', times: '2' });
    expect([xledger.faults.take('api'), xledger.faults.take('api'), xledger.faults.take('api')]).toEqual([
      'lost_answer',
      'lost_answer',
      null,
    ]);
    await press('faults', { kind: 'reset', percent: '5' });
    expect(xledger.faults.rates()).toEqual({ reset: 0.05 });
    await press('faults', { kind: '' });
    expect(xledger.faults.rates()).toEqual({});
    const refused = await press('faults', { kind: 'boom' });
    expect([refused.status, await refused.text()]).toEqual([400, `There is no fault "boom". There are: ${FAULTS.join(', ')}.`]);
  });

  it('sets the open period, replaces the credential, runs the import job', async () => {
    await press('periods', { from: '2017-01-01', to: '2017-12-31' });
    await press('credential', { credential: 'new-token' });
    expect((await press('run-import', {})).status).toBe(200);
    expect(xledger.token()).toBe('new-token');
    expect(await (await fetch(xledger.url)).text()).toContain('2017-01-01 – 2017-12-31');
  });

  it('does nothing for pages of other origins, for unknown actions, or by GET', async () => {
    expect((await press('accounts', { codes: 'X' }, { origin: 'https://example.org' })).status).toBe(403);
    expect((await press('nothing', {})).status).toBe(404);
    expect((await fetch(`${xledger.url}/_simulator/accounts`)).status).toBe(405);
  });

  it('does not count as a call, and faults do not touch it', async () => {
    xledger.faults.next('hang');
    expect((await fetch(xledger.url)).status).toBe(200);
    expect(xledger.requests()).toBe(0);
  });
});

describe('a simulator that stops', () => {
  it('ends the calls it left hanging', async () => {
    const xledger = await startXledger({ clock: testClock() });
    xledger.faults.next('hang');
    const hanging = fetch(xledger.graphqlUrl, { method: 'POST', body: '{}' });
    const arrived = new Promise<void>((resolve) => {
      const look = (): void => (xledger.requests() > 0 ? resolve() : void setImmediate(look));
      look();
    });
    await arrived;
    await Promise.all([expect(hanging).rejects.toThrow('fetch failed'), xledger.stop()]);
  });

  it('says which port is taken', async () => {
    const xledger = await startXledger({ clock: testClock() });
    await expect(startXledger({ clock: testClock(), port: xledger.port })).rejects.toThrow(`EADDRINUSE`);
    await xledger.stop();
  });
});
