import { startBusinessCentral } from '../tests/simulators/business-central.ts';
import { startXledger } from '../tests/simulators/xledger.ts';
import type { Simulator } from '../tests/simulators/server.ts';
import type { Job } from './push-worker.ts';

export type Vendor = { simulator: Simulator; settings: Record<string, unknown>; credential: Record<string, unknown> };

const clock = (): Date => new Date();

/** A vendor that takes everything at once: its own slowness would hide ours. */
export async function startVendor(system: Job['system']): Promise<Vendor> {
  if (system === 'xledger') {
    const simulator = await startXledger({ accounts: ['4010'], clock, importDelayMs: 0, limits: { burst: null } });
    return { simulator, settings: { baseUrl: simulator.url }, credential: { token: simulator.token() } };
  }
  const simulator = await startBusinessCentral({ accounts: ['4010'], clock, limits: { rate: null } });
  const { url, tenantId, environment, companyId, journalId } = simulator;
  return {
    simulator, settings: { baseUrl: url, loginUrl: url, tenantId, environment, companyId, journalId },
    credential: { clientId: simulator.clientId, clientSecret: simulator.secret() },
  };
}
