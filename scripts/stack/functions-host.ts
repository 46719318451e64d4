// Runs in Deno: `deno run functions-host.ts <folder> <port>` hosts <folder>/<name>/index.ts, each with
// `export default { fetch }`, the way hosted Edge Functions are reached and kept alive.
import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

type Handler = { fetch(request: Request): Response | Promise<Response> };

declare const Deno: {
  args: string[];
  serve(
    options: { hostname: string; port: number; onListen(address: { port: number }): void },
    handler: (request: Request) => Promise<Response>,
  ): unknown;
  addSignalListener(signal: 'SIGTERM', listener: () => void): void;
  exit(code: number): never;
};

const [folder = '', port = '0'] = Deno.args;
const root = pathToFileURL(`${folder}/`);
const background = new Set<Promise<unknown>>();
const loaded = new Map<string, Promise<Handler>>();

// https://supabase.com/docs/guides/functions/background-tasks
Object.assign(globalThis, {
  EdgeRuntime: {
    waitUntil(work: Promise<unknown>): void {
      const tracked = work.catch((error: unknown) => console.error('A background task failed:', error)).finally(() => background.delete(tracked));
      background.add(tracked);
    },
  },
});

// One function's forgotten promise must not take the others down.
addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  console.error('Unhandled rejection:', event.reason);
});
addEventListener('error', (event) => {
  event.preventDefault();
  console.error('Uncaught error:', event.error);
});

Deno.addSignalListener('SIGTERM', () => {
  dispatchEvent(new CustomEvent('beforeunload', { detail: { reason: 'termination' } }));
  void Promise.race([idle(), new Promise((resolve) => setTimeout(resolve, 1000))]).then(() => Deno.exit(0));
});

Deno.serve(
  { hostname: '127.0.0.1', port: Number(port), onListen: (address) => console.log(`listening ${address.port}`) },
  async (request) => {
    const url = new URL(request.url);
    if (url.pathname === '/idle') return idle().then(() => new Response('idle'));
    const name = url.pathname.split('/')[3] ?? '';
    if (!names().includes(name)) return Response.json({ code: 'NOT_FOUND', message: 'Requested function was not found' }, { status: 404 });
    return answer(name, request, url);
  },
);

// Loading takes longer than any later call: done ahead of the first one.
for (const name of names()) void load(name).catch(() => undefined);

async function answer(name: string, request: Request, url: URL): Promise<Response> {
  let handler: Handler;
  try {
    handler = await load(name);
  } catch (error) {
    console.error(`Function ${name} does not start:`, error);
    return Response.json({ code: 'BOOT_ERROR', message: 'Function failed to start (please check logs)' }, { status: 503 });
  }
  // Methods that no request in a function can have.
  if (/^(?:TRACE|TRACK|CONNECT)$/i.test(request.method)) return Response.json({ code: 'METHOD_NOT_ALLOWED', message: 'This method cannot be served' }, { status: 405 });
  try {
    // A hosted function sees its own name as the first part of the path.
    url.pathname = url.pathname.replace(/^\/functions\/v1/, '');
    return await handler.fetch(new Request(url, request));
  } catch (error) {
    console.error(`Function ${name} failed:`, error);
    return Response.json({ code: 'WORKER_ERROR', message: 'Function exited due to an error (please check logs)' }, { status: 500 });
  }
}

function load(name: string): Promise<Handler> {
  let handler = loaded.get(name);
  if (!handler) {
    handler = import(new URL(`${name}/index.ts`, root).href).then((module: { default?: unknown }) => {
      if (!isHandler(module.default)) throw new Error('index.ts has no `export default { fetch }`');
      return module.default;
    });
    loaded.set(name, handler);
  }
  return handler;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'object' && value !== null && 'fetch' in value && typeof value.fetch === 'function';
}

function names(): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
    .map((entry) => entry.name);
}

async function idle(): Promise<void> {
  while (background.size > 0) await Promise.all(background);
}
