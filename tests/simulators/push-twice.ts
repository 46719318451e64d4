// Run by Deno, as the connectors are: a batch that is taken, then one whose answer is lost on the same connection.
import process from 'node:process';
import type { Connector, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { createHttp, HttpFailure } from '../../supabase/functions/_kit/http.ts';
import { connector as businessCentral } from '../../supabase/functions/sync-business-central/connector.ts';
import { connector as xledger } from '../../supabase/functions/sync-xledger/connector.ts';

type Plan = {
  system: 'xledger' | 'business-central';
  simulator: string;
  settings: unknown;
  credential: unknown;
  records: OutgoingRecord[];
};
const plan = JSON.parse(process.argv.at(-1) ?? '') as Plan;
const connector: Connector = plan.system === 'xledger' ? xledger : businessCentral;

const ctx = {
  settings: connector.settings.parse(plan.settings),
  credential: connector.credential.parse(plan.credential),
  http: createHttp({ system: plan.system, secrets: [], local: true, clock: () => new Date() }),
};
const half = plan.records.length / 2;
const taken = await connector.push(ctx, plan.records.slice(0, half));
await (await fetch(`${plan.simulator}/_simulator/faults`, { method: 'POST', body: new URLSearchParams({ kind: 'lost_answer' }) })).text();
const lost: unknown = await connector.push(ctx, plan.records.slice(half)).catch((
  error: unknown,
) => (error instanceof HttpFailure ? error.delivered : String(error)));
const found = await connector.find?.(ctx, plan.records);
process.stdout.write(
  JSON.stringify({ taken: taken.map(({ state }) => state), lost, found: found?.map((outcome) => outcome?.state ?? null) }),
);
process.exit(0);
