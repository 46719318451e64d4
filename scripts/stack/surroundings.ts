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
  onLog(source: string, line: string): void;
};

/** Starts the mailbox and the simulated vendors. */
export async function startSurroundings(_options: SurroundingsOptions): Promise<Surroundings> {
  return {
    functionsEnv: {},
    addresses: [],
    seed: async () => ({ signIns: [], first: [] }),
    stop: async () => undefined,
  };
}
