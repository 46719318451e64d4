import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export type Vendor = {
  url: string;
  requests: { method: string; path: string; headers: Record<string, unknown>; body: string }[];
  stop(): Promise<void>;
};

/** A real HTTP server on loopback that answers as told and remembers what it got. */
export async function startVendor(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void): Promise<Vendor> {
  const requests: Vendor['requests'] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      answer(request, response, body);
    });
  });
  return listen(server, 'http', requests);
}

/** A server that speaks bytes, for everything that a proper HTTP server refuses to do. `talk` runs once per chunk received. */
export async function startRaw(talk: (socket: Socket) => void): Promise<Vendor> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => talk(socket));
  });
  return listen(server, 'http', []);
}

export async function listen(server: Server, scheme: string, requests: Vendor['requests']): Promise<Vendor> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}/`,
    requests,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
