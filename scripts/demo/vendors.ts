import { startBusinessCentral } from '../../tests/simulators/business-central.ts';
import type { BusinessCentralSimulator } from '../../tests/simulators/business-central.ts';
import { startMailbox } from '../../tests/simulators/resend.ts';
import type { Mailbox } from '../../tests/simulators/resend.ts';
import { startTwilio } from '../../tests/simulators/twilio.ts';
import type { TwilioSimulator } from '../../tests/simulators/twilio.ts';
import { startXledger } from '../../tests/simulators/xledger.ts';
import type { XledgerSimulator } from '../../tests/simulators/xledger.ts';
import { startZoom } from '../../tests/simulators/zoom.ts';
import type { ZoomSimulator } from '../../tests/simulators/zoom.ts';
import { furnishTwilio, furnishZoom } from './watched.ts';

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
export type Vendors = {
  xledger: XledgerSimulator;
  businessCentral: BusinessCentralSimulator;
  zoom: ZoomSimulator;
  twilio: TwilioSimulator;
  mailbox: Mailbox;
  timeline: Timeline;
  stop(): Promise<void>;
};

export type VendorPorts = { mailbox: number; xledger: number; businessCentral: number; zoom: number; twilio: number };

/** What the sample company has in its chart of accounts on both sides. */
export const ACCOUNTS = ['5900', '6300', '6540', '6800', '6860', '6900', '7100', '7140', '7160', '7320', '7350', '7500'];
export const COST_CENTERS = ['100', '110', '120', '200'];

/** The same at every start, so that what an earlier start was told still opens the door. */
const CREDENTIALS = {
  xledger: { token: 'demo-xledger-token' },
  businessCentral: {
    tenantId: 'harbour.example.org', companyId: '0c9e2a52-6d0f-4b54-9d53-6a4a6f1f7c11', journalId: '5f0f1c2e-8f0b-4f5e-9a37-2f7c1f0f3d22',
    clientId: '7a1c9b0e-3c5d-4a7e-8f21-9d2b6c4e5f33', clientSecret: 'demo-business-central-secret',
  },
};

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
    const xledger = keep(await startXledger({ ...books, ...CREDENTIALS.xledger, clock, port: ports.xledger, importDelayMs: 500 }));
    const businessCentral = keep(await startBusinessCentral({ ...books, ...CREDENTIALS.businessCentral, clock, port: ports.businessCentral, checkPeriod: 'insert' }));
    const zoom = keep(await startZoom({ clock, port: ports.zoom }));
    const twilio = keep(await startTwilio({ clock, port: ports.twilio }));
    furnishZoom(zoom);
    furnishTwilio(twilio, clock());
    return { xledger, businessCentral, zoom, twilio, mailbox, timeline, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
