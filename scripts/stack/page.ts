import { createReadStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { listen, pathOf, type Listening } from './http.ts';
import { cachingOf, pageHeaders } from './page-headers.ts';

const web = fileURLToPath(new URL('../../web/', import.meta.url));

/** Where the built page is. */
export const pageFolder = join(web, 'dist');

export type PageOptions = {
  port: number;
  /** The folder of the built page. */
  folder: string;
  /** What the page reads from /config.json. */
  config(): { apiUrl: string; publishableKey: string };
};

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8', '.webmanifest': 'application/manifest+json',
};

/** Serves the built page the way a static host would: files, `/config.json`, and index.html for every other path. */
export function startPage(options: PageOptions): Promise<Listening> {
  return listen((request, response) => {
    for (const [name, value] of Object.entries(pageHeaders(new URL(options.config().apiUrl).origin))) response.setHeader(name, value);
    const path = pathOf(request);
    if (path === null || !['GET', 'HEAD'].includes(request.method ?? '')) return void response.writeHead(path === null ? 400 : 405).end();
    if (path === '/config.json') return sendConfig(response, options.config());
    sendFile(response, options.folder, path, /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')).catch(() => response.headersSent ? response.destroy() : response.writeHead(500).end());
  }, options.port, 'page');
}

/** Builds the page if there is no build or a source is younger than it; true if it did. */
export async function buildPage(onLog: (line: string) => void): Promise<boolean> {
  const built = await stat(join(pageFolder, 'index.html')).catch(() => null);
  if (built && built.mtimeMs >= await youngest(web)) return false;
  const { build, createLogger } = await import('vite');
  const log = createLogger('info', { customLogger: undefined, allowClearScreen: false });
  const say = (message: string): void => message.split('\n').filter((line) => line.trim()).forEach(onLog);
  // Built aside and renamed, so that a page being served is never half there.
  const fresh = join(web, '..', 'node_modules', '.cache', `syncward-page-${process.pid}`);
  await forProduction(() => build({
    configFile: join(web, 'vite.config.ts'),
    // Its progress would go to the terminal past the logger.
    logLevel: 'warn',
    customLogger: { ...log, info: say, warn: say, warnOnce: say, error: say },
    build: { outDir: fresh, emptyOutDir: true },
  }));
  await put(fresh, pageFolder);
  return true;
}

/** A test runner calls its process `test`, and vite would build React for developers: slower, and half as large again. */
async function forProduction(work: () => Promise<unknown>): Promise<void> {
  const { NODE_ENV: before } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

/** Another stack may be putting its build there at the same moment: the later one stays. */
async function put(fresh: string, folder: string, tries = 5): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  try {
    await rename(fresh, folder);
  } catch (error) {
    if (tries === 1) throw error;
    await put(fresh, folder, tries - 1);
  }
}

function sendConfig(response: ServerResponse, config: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': cachingOf('/config.json', false) }).end(JSON.stringify(config));
}

async function sendFile(response: ServerResponse, folder: string, path: string, packs: boolean): Promise<void> {
  const wanted = join(folder, path);
  const inside = wanted.startsWith(folder + sep) && !path.includes('\0');
  const found = inside && (await stat(wanted).catch(() => null))?.isFile();
  // A missing asset is missing; any other path is a view of the page.
  if (!found && path.startsWith('/assets/')) return void response.writeHead(404).end();
  const file = found ? wanted : join(folder, 'index.html');
  const type = types[extname(file)] ?? 'application/octet-stream';
  const isPacked = packs && /^text|json|svg/.test(type);
  response.writeHead(200, {
    'content-type': type, 'cache-control': cachingOf(path, found === true), 'vary': 'accept-encoding', ...(isPacked && { 'content-encoding': 'gzip' }),
  });
  const content = createReadStream(file).on('error', () => response.destroy());
  (isPacked ? content.pipe(createGzip()) : content).pipe(response);
}

async function youngest(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true });
  const times = await Promise.all(entries.filter((entry) => !/^(dist|node_modules)/.test(entry.name)).map(async (entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? youngest(path) : (await stat(path)).mtimeMs;
  }));
  return Math.max(0, ...times);
}
