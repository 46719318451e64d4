import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMailbox } from '../simulators/resend.ts';
import type { Mailbox } from '../simulators/resend.ts';
import { createOutbox } from './deliver-outbox.ts';
import type { Outbox } from './deliver-outbox.ts';

// The function as it is deployed: on Deno, called over HTTP, talking to the database's functions over HTTP.
const root = fileURLToPath(new URL('../..', import.meta.url));
const deno = createRequire(import.meta.url).resolve('deno/bin.cjs');
const host = `
  import deliver from ${JSON.stringify(new URL('../../supabase/functions/deliver/index.ts', import.meta.url).href)};
  Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log('port ' + port) }, (request) => deliver.fetch(request));
`;

let outbox: Outbox;
let mailbox: Mailbox;
let database: Server;
let child: ChildProcess;
let url: string;
let settled: Promise<void>;

beforeAll(async () => {
  outbox = createOutbox();
  mailbox = await startMailbox({ clock: () => new Date(), apiKey: 're_full' });
  const ended = Promise.withResolvers<void>();
  settled = ended.promise;
  database = await serve(outbox, ended.resolve);
  child = spawn(process.execPath, [deno, 'run', '-A', '--no-lock', '--node-modules-dir=manual', '-'], {
    cwd: root,
    // A group of its own, so that ending it ends Deno too and not only npm's wrapper around it.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      SUPABASE_URL: `http://127.0.0.1:${(database.address() as AddressInfo).port}`,
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: 'sb_secret_default' }),
      SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: 'sb_publishable_default' }),
      RESEND_API_KEY: 're_full',
      RESEND_BASE_URL: mailbox.url,
      MAIL_FROM: 'Syncward <sync@example.org>',
      PAGE_URL: 'https://sync.example.org',
    },
  });
  url = `http://127.0.0.1:${await portOf(child)}`;
}, 60_000);

afterAll(async () => {
  if (child.pid && child.exitCode === null) process.kill(-child.pid);
  database.close();
  database.closeAllConnections();
  await mailbox.stop();
});

test.each([
  ['no key', {}], ['a wrong key', { apikey: 'sb_secret_wrong' }], ['the publishable key', { apikey: 'sb_publishable_default' }],
  ['the secret key as a bearer token', { authorization: 'Bearer sb_secret_default' }],
])('a caller with %s is refused and nothing is claimed', async (_, headers) => {
  outbox.add();
  const answer = await fetch(url, { method: 'POST', headers });
  await answer.body?.cancel();
  expect(answer.status).toBe(401);
  expect(outbox.rows.every(({ state }) => state === 'due')).toBe(true);
});

test('a caller with the secret key is answered at once, and what is due is sent', async () => {
  const due = outbox.add({ address: 'ola@example.org' });
  const answer = await fetch(url, { method: 'POST', headers: { apikey: 'sb_secret_default' } });
  expect(answer.status).toBe(202);
  expect(await answer.json()).toEqual({ accepted: true });
  await settled;
  expect(due.state).toBe('sent');
  expect(mailbox.messages()).toContainEqual(expect.objectContaining({ to: ['ola@example.org'], idempotencyKey: due.batch_id ?? due.delivery_id }));
}, 30_000);

/** PostgREST's form of calling a function: POST /rest/v1/rpc/<name> with named arguments. */
async function serve(outbox: Outbox, settled: () => void): Promise<Server> {
  const server = createServer((message, response) => {
    const parts: Buffer[] = [];
    message.on('data', (part: Buffer) => parts.push(part));
    message.on('end', () => {
      const name = /^\/rest\/v1\/rpc\/(\w+)$/.exec(message.url ?? '')?.[1] as Parameters<Outbox['rpc']>[0];
      void outbox.rpc(name, JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>).then((result) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(result));
        if (name === 'settle_deliveries') settled();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function portOf(process: ChildProcess): Promise<string> {
  process.stdin?.end(host);
  return new Promise((resolve, reject) => {
    let said = '';
    process.stdout?.on('data', (part: Buffer) => {
      said += part.toString();
      const port = /port (\d+)/.exec(said)?.[1];
      if (port) resolve(port);
    });
    process.once('exit', (code) => reject(new Error(`Deno ended with ${code} before it listened.`)));
  });
}
