import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBusinessCentral } from '../simulators/business-central.ts';
import { spending } from '../simulators/records.ts';
import { startXledger } from '../simulators/xledger.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const clock = (): Date => new Date();

async function pushTwice(plan: Record<string, unknown>): Promise<unknown> {
  const script = fileURLToPath(new URL('../simulators/push-twice.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(`${root}/node_modules/.bin/deno`, [
    'run',
    '-A',
    '--node-modules-dir=manual',
    script,
    JSON.stringify(plan),
  ], { cwd: root });
  return JSON.parse(stdout);
}

// A runtime may send a request again by itself when a kept connection is closed without an answer: then a record is booked
// twice and nobody knows. What the simulator took, counted on its side, is the only proof.
describe('under Deno, where the connectors run', () => {
  it('a lost answer of Xledger is told as unknown, and nothing is handed in twice', async () => {
    const xledger = await startXledger({ clock, accounts: ['4010'], importDelayMs: 0 });
    onTestFinished(() => xledger.stop());
    const result = await pushTwice({
      system: 'xledger',
      simulator: xledger.url,
      settings: { baseUrl: xledger.url },
      credential: { token: xledger.token() },
      records: spending(6),
    });
    expect(result).toEqual({ taken: Array(3).fill('accepted'), lost: 'unknown', found: Array(6).fill('exported') });
    expect(xledger.duplicates()).toEqual([]);
    expect(xledger.items()).toHaveLength(6);
  });

  it('a lost answer of Business Central is told as unknown, and nothing is booked twice', async () => {
    const bc = await startBusinessCentral({ clock, accounts: ['4010'] });
    onTestFinished(() => bc.stop());
    const settings = { baseUrl: bc.url, loginUrl: bc.url, tenantId: bc.tenantId, companyId: bc.companyId, journalId: bc.journalId };
    const result = await pushTwice({
      system: 'business-central',
      simulator: bc.url,
      settings,
      credential: { clientId: bc.clientId, clientSecret: bc.secret() },
      records: spending(6),
    });
    expect(result).toEqual({ taken: Array(3).fill('exported'), lost: 'unknown', found: Array(6).fill('exported') });
    expect(bc.duplicates()).toEqual([]);
    expect(bc.ledger()).toHaveLength(6);
  });
});
