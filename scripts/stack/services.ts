import { fileURLToPath } from 'node:url';
import type { Sql } from 'postgres';
import { openApi } from './api.ts';
import { createClock, startClock, type Clock } from './clock.ts';
import { closeAll, type Closers } from './closers.ts';
import type { Keys } from './directory.ts';
import { startDoorbell } from './doorbell.ts';
import { createFunctions, type Functions } from './functions.ts';
import { startGateway } from './gateway.ts';
import { buildPage, pageFolder, startPage } from './page.ts';

/** What can run beside the database. `api` is the one address with Auth, Data API and the way to the functions. */
export type Part = 'api' | 'functions' | 'doorbell' | 'clock' | 'page';

export type ServicePorts = { api: number; functions: number; page: number };

export type ServicesOptions = {
  databaseUrl: string;
  sql: Sql;
  keys: Keys;
  parts: readonly Part[];
  ports: ServicePorts;
  /** Folder of the Edge Functions; null: the project's. */
  functionsFolder: string | null;
  /** What the functions find in their environment besides Supabase's own; overrides the defaults below. */
  functionsEnv: Record<string, string>;
  /** Hosts the functions may call; null: any. */
  allowHosts: string[] | null;
  /** Address of the page for links in messages, where the part `page` does not run. */
  pageUrl: string | null;
  now(): Date;
  onProgress(step: string): void;
  onLog(source: string, line: string): void;
};

export type Services = {
  apiUrl: string | null;
  functionsUrl: string | null;
  pageUrl: string | null;
  /** Beats by itself only as the part `clock`; `tick` works always. */
  clock: Clock;
  /** Runs from the beginning only as the part `functions`. */
  functions: Functions;
  /** Resolves when no job runs, no call is on its way and no background task is left. */
  settled(): Promise<void>;
  stop(): Promise<void>;
};

const projectFunctions = fileURLToPath(new URL('../../supabase/functions', import.meta.url));

/** Starts the chosen parts on a database; on failure nothing is left running. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const closers: Closers = [];
  const stop = (): Promise<void> => closeAll(closers);
  try {
    return { ...await start(options, closers), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: ServicesOptions, closers: Closers): Promise<Omit<Services, 'stop'>> {
  const { databaseUrl, keys, ports, sql, onLog } = options;
  const has = (part: Part): boolean => options.parts.includes(part);
  let apiUrl: string | null = null;
  let { pageUrl } = options;
  const functions = createFunctions({
    folder: options.functionsFolder ?? projectFunctions,
    port: ports.functions,
    env: () => functionsEnv(options, apiUrl, pageUrl),
    allowHosts: options.allowHosts,
    onLog: (line) => onLog('functions', line),
  });
  closers.push(() => functions.stop());
  if (has('api')) {
    const api = await openApi({ databaseUrl, keys, mail: () => authMail(functionsEnv(options, apiUrl, pageUrl)), onLog: (line) => onLog('api', line) });
    closers.push(() => api.close());
    const origins = (): string[] => (pageUrl ? [new URL(pageUrl).origin] : []);
    const gateway = await startGateway({ port: ports.api, api, functionsPort: functions.port, origins, now: options.now });
    closers.push(() => gateway.close());
    apiUrl = gateway.url;
  }
  if (has('page')) {
    options.onProgress('Building the page');
    await buildPage((line) => onLog('page', line));
    const page = await startPage({
      port: ports.page,
      folder: pageFolder,
      config: () => ({ apiUrl: apiUrl ?? '', publishableKey: keys.publishableKey }),
    });
    closers.push(() => page.close());
    pageUrl = page.url;
  }
  if (apiUrl) await tellDatabase(sql, keys, apiUrl);
  if (has('functions')) {
    options.onProgress('Starting the Edge Functions');
    await functions.start();
  }
  const doorbell = has('doorbell') ? await startDoorbell({ databaseUrl, onLog: (line) => onLog('doorbell', line) }) : null;
  if (doorbell) closers.push(() => doorbell.stop());
  const clockOptions = { databaseUrl, onLog: (line: string) => onLog('clock', line) };
  const clock = has('clock') ? startClock(clockOptions, options.now) : createClock(clockOptions);
  closers.push(() => clock.stop());
  return {
    apiUrl,
    functionsUrl: apiUrl && `${apiUrl}/functions/v1`,
    pageUrl,
    clock,
    functions,
    async settled() {
      let before: number | undefined;
      // A slice that ends rings for the next: all is quiet once a whole pass has made no call.
      do {
        before = doorbell?.made();
        await clock.settled();
        await doorbell?.idle();
        await functions.idle();
        await doorbell?.idle();
      } while (doorbell?.made() !== before);
    },
  };
}

function functionsEnv({ keys, functionsEnv: own }: ServicesOptions, apiUrl: string | null, pageUrl: string | null): Record<string, string> {
  return {
    SUPABASE_URL: apiUrl ?? '',
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    SYNCWARD_LOCAL: 'true',
    RESEND_API_KEY: 're_local',
    // Nobody listens there: without a mailbox no mail leaves this machine.
    RESEND_BASE_URL: 'http://127.0.0.1:9',
    MAIL_FROM: 'Syncward <syncward@example.org>',
    PAGE_URL: pageUrl ?? '',
    ...own,
  };
}

/** Auth's mails go where the others go. */
const authMail = ({ RESEND_BASE_URL: baseUrl = '', RESEND_API_KEY: apiKey = '', MAIL_FROM: from = '', PAGE_URL: pageUrl = '' }: Record<string, string>) =>
  ({ baseUrl, apiKey, from, pageUrl });

/** What a hosted project's owner enters once: where the functions are and the key they ask for. */
async function tellDatabase(sql: Sql, keys: Keys, apiUrl: string): Promise<void> {
  const secrets = [
    ['syncward_functions_url', `${apiUrl}/functions/v1`],
    ['syncward_secret_key', keys.secretKey],
  ] as const;
  for (const [name, value] of secrets) {
    await sql`
      with known as (select vault.update_secret(id, ${value}) from vault.secrets where name = ${name})
      select vault.create_secret(${value}, ${name}) where not exists (select from known)`;
  }
}
