import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { claimPort } from './ports.ts';

/** An HTTP server on this machine only. */
export type Listening = { port: number; url: string; close(): Promise<void> };

/** Listens on 127.0.0.1; throws the sentence to show when the port is taken. */
export async function listen(listener: RequestListener, port: number, purpose: string): Promise<Listening> {
  const claimed = await claimPort(port, purpose);
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(claimed, '127.0.0.1', resolve));
  return { port: claimed, url: `http://127.0.0.1:${claimed}`, close: () => closeServer(server) };
}

/** The path of a request, without its query, or null if it can't be read as one. */
export function pathOf(request: IncomingMessage): string | null {
  const url = URL.parse(request.url ?? '/', 'http://127.0.0.1');
  try {
    return url && decodeURIComponent(url.pathname);
  } catch {
    return null;
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
