import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A system that takes an array of records per request at once and counts them: what it costs is next to nothing. */
export type PlainVendor = {
  url: string;
  /** Different keys taken. */
  taken(): number;
  requests(): number;
  /** Resolves, with the time on the clock of `performance.now`, when the next request arrives. */
  next(): Promise<number>;
  forget(): void;
  stop(): Promise<void>;
};

export async function startPlainVendor(): Promise<PlainVendor> {
  const keys = new Set<string>();
  let requests = 0;
  let arrival = Promise.withResolvers<number>();
  const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    arrival.resolve(performance.now());
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests += 1;
      const records = JSON.parse(Buffer.concat(chunks).toString()) as { key: string }[];
      const ids = records.map(({ key }) => {
        keys.add(key);
        return `X${key.slice(0, 12)}`;
      });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ids }));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/records`,
    taken: () => keys.size,
    requests: () => requests,
    next() {
      arrival = Promise.withResolvers();
      return arrival.promise;
    },
    forget() {
      keys.clear();
      requests = 0;
    },
    stop: () => new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
