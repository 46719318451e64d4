import { startBusinessCentral } from '../../tests/simulators/business-central.ts';
import type { BusinessCentralSimulator } from '../../tests/simulators/business-central.ts';
import { startMailbox } from '../../tests/simulators/resend.ts';
import type { Mailbox } from '../../tests/simulators/resend.ts';
import { startXledger } from '../../tests/simulators/xledger.ts';
import type { XledgerSimulator } from '../../tests/simulators/xledger.ts';

/** Time as the demo makes it: stands where it is put, or runs with the real one. */
export type Timeline = { now(): Date; set(at: Date): void; forward(ms: number): void; live(): void };

export function createTimeline(): Timeline {
  let fixed: number | null = null;
  return {
    now: () => new Date(fixed ?? Date.now()),
    set: (at) => void (fixed = at.getTime()),
    forward: (ms) => void (fixed = (fixed ?? Date.now()) + ms),
    live: () => void (fixed = null),
  };
}

/** The systems on the other side, simulated on this machine, and the mailbox that takes the e-mails. */
export type Vendors = { xledger: XledgerSimulator; businessCentral: BusinessCentralSimulator; mailbox: Mailbox; timeline: Timeline; stop(): Promise<void> };

export type VendorPorts = { mailbox: number; xledger: number; businessCentral: number };

/** What the sample company has in its chart of accounts on both sides. */
export const ACCOUNTS = ['5900', '6300', '6540', '6800', '6860', '6900', '7100', '7140', '7160', '7320', '7350', '7500'];
export const COST_CENTERS = ['100', '110', '120', '200'];

export async function startVendors(ports: VendorPorts, options: { mailFile?: string | null } = {}): Promise<Vendors> {
  const timeline = createTimeline();
  const clock = timeline.now;
  const books = { accounts: ACCOUNTS, costCenters: COST_CENTERS };
  const running: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  };
  try {
    const keep = <T extends { stop(): Promise<void> }>(one: T): T => {
      running.push(one);
      return one;
    };
    const mailbox = keep(await startMailbox({ clock, port: ports.mailbox, apiKey: 're_local', file: options.mailFile ?? undefined }));
    const xledger = keep(await startXledger({ ...books, clock, port: ports.xledger, importDelayMs: 500 }));
    const businessCentral = keep(await startBusinessCentral({ ...books, clock, port: ports.businessCentral, checkPeriod: 'insert' }));
    return { xledger, businessCentral, mailbox, timeline, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
