import { openBooks } from '../../tests/simulators/books.ts';
import { startSimulator } from '../../tests/simulators/server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from '../../tests/simulators/server.ts';

/** How the vendor treats a key it has seen before: overwrites, gives its first answer again, or books once more without a word. */
export type Manners = 'upsert' | 'key' | 'none';

type Line = { key: string; account: string; amount: string | null; currency: string | null };
type Result = { id: string } | { error: { code: string; message: string; field: string } };

const json = (status: number, body: unknown): SimulatedAnswer => ({ status, body: JSON.stringify(body) });

/** Plays a system of one idempotency class, with books of its own, for the bare connector. */
export async function startBareVendor(manners: Manners, options: SimulatorOptions): Promise<Simulator & { token(): string }> {
  const books = openBooks(options);
  const known = new Map<string, string>();
  let token = 'a-token-of-the-bare-vendor';

  function book(line: Line): Result {
    if (!books.accounts.has(line.account)) return { error: { code: 'unknown_account', message: `Unknown account ${line.account}.`, field: 'account' } };
    const first = known.get(line.key);
    if (first !== undefined && manners !== 'none') return { id: first };
    const id = `${manners}-${books.ledger().length + 1}`;
    known.set(line.key, id);
    const { key, account, amount, currency } = line;
    books.take({ id, key, account, costCenter: null, amount: amount ?? '0', currency, date: '2026-11-10', text: '', at: options.clock().toISOString() });
    return { id };
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    if (request.headers.authorization !== `Bearer ${token}`) return json(401, { error: { code: 'unauthorized', message: 'The token is not valid.' } });
    const { records } = JSON.parse(request.body) as { records: Line[] };
    return json(200, { results: records.map(book) });
  }

  const vendor: Vendor = {
    name: `Bare (${manners})`,
    books,
    scope: () => 'api',
    handle,
    refuse: (fault) => ({
      error_before: json(500, { error: { code: 'internal', message: 'Something went wrong.' } }),
      unavailable: json(503, { error: { code: 'unavailable', message: 'Down for a moment.' } }),
      too_many: { ...json(429, { error: { code: 'too_many', message: 'Too many requests.' } }), headers: { 'retry-after': '1' } },
      expired_token: json(401, { error: { code: 'unauthorized', message: 'The token is not valid.' } }),
    })[fault],
    facts: () => [],
    credential: () => token,
    rotate: (next) => (token = next ?? `${token}-next`),
    actions: {},
  };
  return { ...await startSimulator(options, vendor), token: () => token };
}
