import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands between the functions and the API, passes everything on and remembers when a function said that its run is over. */
export type Tap = {
  url: string;
  forwardTo(url: string): void;
  /** Milliseconds since 1970, by run. */
  ended: Map<number, number>;
  stop(): Promise<void>;
};

export async function startTap(): Promise<Tap> {
  const ended = new Map<number, number>();
  const agent = new Agent({ keepAlive: true });
  let target = new URL('http://127.0.0.1');
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const body = Buffer.concat(parts);
      if (incoming.url?.endsWith('/rpc/end_slice')) {
        const { run, more } = JSON.parse(body.toString()) as { run: number; more: boolean };
        if (!more) ended.set(run, Date.now());
      }
      const { method, url: path, headers } = incoming;
      const call = request({ hostname: target.hostname, port: target.port, method, path, headers, agent }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      call.on('error', () => response.destroy());
      call.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo(url) {
      target = new URL(url);
    },
    ended,
    async stop() {
      agent.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
