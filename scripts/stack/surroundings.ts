import { join } from 'node:path';
import { hasDemo, PASSWORD, PEOPLE, resumeDemo, seedDemo } from '../demo/index.ts';
import { startVendors } from '../demo/vendors.ts';
import type { Stack } from './index.ts';

/** What stands in for the outside world while Syncward runs on one machine: the mailbox and the simulated vendors. */
export type Surroundings = {
  /** What the Edge Functions must know of it, such as RESEND_BASE_URL. */
  functionsEnv: Record<string, string>;
  /** What a person may want to open. */
  addresses: { name: string; url: string }[];
  /** Puts the demo content into a new database, or finds it in an old one. */
  seed(stack: Stack, onProgress: (step: string) => void): Promise<Welcome>;
  stop(): Promise<void>;
};

/** What to tell the person who has just started Syncward. */
export type Welcome = {
  signIns: { email: string; password: string; who: string }[];
  /** What to do first, one line each. */
  first: string[];
};

export type SurroundingsOptions = {
  /** 0: any free one. The simulators take `simulators` and the ports after it. */
  ports: { mailbox: number; simulators: number };
  /** Where they may keep what must survive a restart. */
  directory: string;
  onProgress(step: string): void;
};

/** Starts the mailbox and the simulated vendors. */
export async function startSurroundings({ ports, directory, onProgress }: SurroundingsOptions): Promise<Surroundings> {
  onProgress('Starting the simulated systems');
  const simulator = (place: number): number => ports.simulators && ports.simulators + place;
  const vendors = await startVendors(
    { mailbox: ports.mailbox, xledger: simulator(0), businessCentral: simulator(1), zoom: simulator(2), twilio: simulator(3) },
    { mailFile: join(directory, 'mail.jsonl') },
  );
  return {
    functionsEnv: { RESEND_BASE_URL: vendors.mailbox.url },
    addresses: [
      { name: 'Mailbox', url: vendors.mailbox.url },
      { name: 'Xledger (simulated)', url: vendors.xledger.url },
      { name: 'Business Central', url: `${vendors.businessCentral.url}  (simulated)` },
      { name: 'Zoom (simulated)', url: vendors.zoom.url },
      { name: 'Twilio (simulated)', url: vendors.twilio.url },
    ],
    async seed(stack, onStep) {
      if (await hasDemo(stack)) await resumeDemo(stack, vendors);
      else await seedDemo(stack, vendors, onStep);
      return {
        signIns: PEOPLE.map(({ email, name, org }) => ({ email, password: PASSWORD, who: `${name}, ${org}` })),
        first: [
          'What to do first',
          '  1. Sign in as arne@nordlys.example.org: Xledger has refused a few claims. Open the card, read why.',
          '  2. Open two accounts (7790, 7795) on the page of the simulated Xledger, and press Retry.',
          '  3. Sign in as adam@harbour.example.org: Business Central has refused everything. Read why, open the period there, and press Retry.',
          '  4. The mailbox holds the e-mails that told the admins.',
          '  5. As arne again, Grant report: last quarter has three activities to put right; last year can be handed in.',
          '  6. What is fetched from Zoom (nordlys) has a field it never had; of the texts sent with Twilio (harbour) too many are lost.',
        ],
      };
    },
    stop: () => vendors.stop(),
  };
}
