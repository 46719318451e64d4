import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

/** Answers made to exhaust whoever reads them. Each is what is written to the socket once a request has come. */
export type Bomb = { says: (socket: Socket) => void; why: string };

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

/** Writes the same piece as fast as it is read, without end or `times` times. */
const repeat = (head: string, piece: string | Buffer, times = Infinity, tail = '') => (socket: Socket): void => {
  socket.write(head);
  let left = times;
  const more = (): void => {
    while (!socket.destroyed && left > 0) {
      left -= 1;
      if (!socket.write(piece)) break;
    }
    if (left <= 0 && !socket.destroyed) socket.end(tail);
  };
  socket.on('drain', more);
  more();
};

/** Writes a piece now and then, for ever. */
const drip = (head: string, piece: string, everyMs: number) => (socket: Socket): void => {
  socket.write(head);
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(piece)), everyMs);
  socket.on('close', () => clearInterval(timer));
};

const packed = (encoding: string, bytes: Buffer) => (socket: Socket): void => void socket.end(
  Buffer.concat([Buffer.from(`${HEAD}content-encoding: ${encoding}\r\ncontent-length: ${bytes.length}\r\n\r\n`), bytes]));

const plain = (text: string) => (socket: Socket): void => void socket.end(text);

export function createBombs(): Record<string, Bomb> {
  const zeros = Buffer.alloc(100_000_000);
  const member = gzipSync(zeros, { level: 9 });
  const gigabyte = Buffer.concat(Array.from({ length: 10 }, () => member));
  const brotli = brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  const kilobyte = 'y'.repeat(1_000);
  return {
    'gzip': { says: packed('gzip', member), why: '100 MB in 100 KB' },
    'gzip of many members': { says: packed('gzip', gigabyte), why: '1 GB in 1 MB' },
    'deflate': { says: packed('deflate', deflateSync(zeros)), why: '100 MB in 100 KB' },
    'brotli': { says: packed('br', brotli), why: '100 MB in less than 1 KB' },
    'zstd': { says: packed('zstd', zstdCompressSync(zeros)), why: 'an encoding nobody asked for' },
    'gzip in gzip': { says: packed('gzip, gzip', gzipSync(gigabyte)), why: '1 GB in 10 KB' },
    'gzip in gzip, told of once': { says: packed('gzip', gzipSync(gigabyte)), why: 'one layer is undone, and no more' },
    'chunks without end': { says: repeat(`${HEAD}transfer-encoding: chunked\r\n\r\n`, `3e8\r\n${kilobyte}\r\n`), why: 'a body without end' },
    'chunks of one byte': { says: repeat(`${HEAD}transfer-encoding: chunked\r\n\r\n`, '1\r\na\r\n'.repeat(1_000)), why: 'the most pieces for the least bytes' },
    'extensions of a chunk without end': { says: repeat(`${HEAD}transfer-encoding: chunked\r\n\r\n1;`, kilobyte), why: 'a part of HTTP nobody reads' },
    'trailers without end': { says: repeat(`${HEAD}transfer-encoding: chunked\r\n\r\n0\r\n`, `x: ${kilobyte}\r\n`), why: 'headers after the body' },
    '100 MB of headers': { says: repeat(HEAD, `x: ${kilobyte}\r\n`, 100_000, '\r\n'), why: 'before any body' },
    'a million headers': { says: repeat(HEAD, 'a: 1\r\n'.repeat(100), 10_000, '\r\n'), why: 'the most names for the least bytes' },
    'a header without end': { says: repeat(`${HEAD}x: `, kilobyte), why: 'no line ever ends' },
    'a name of a header without end': { says: repeat(`${HEAD}x`, kilobyte), why: 'not even a colon comes' },
    'a status line without end': { says: repeat('HTTP/1.1 200 ', kilobyte), why: 'the first line never ends' },
    '100 Continue without end': { says: repeat('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)), why: 'each is a whole answer that is none' },
    '103 Early Hints without end': { says: repeat('', `HTTP/1.1 103 Early Hints\r\nlink: <${kilobyte}>\r\n\r\n`), why: 'with headers of their own' },
    'one byte of a body at a time': { says: drip(`${HEAD}content-length: 1000000\r\n\r\n`, 'a', 20), why: 'each is a sign of life' },
    'one byte of a header at a time': { says: drip(HEAD, 'x', 20), why: 'each is a sign of life' },
    'one 102 Processing at a time': { says: drip('', 'HTTP/1.1 102 Processing\r\n\r\n', 20), why: 'each is a sign of life' },
    'nothing': { says: () => undefined, why: 'no sign of life' },
    'a length that lies too high': { says: plain(`${HEAD}content-length: 1000000\r\n\r\n{}`), why: 'the rest never comes' },
    'a length that lies too low': { says: plain(`${HEAD}content-length: 2\r\n\r\n{}${'x'.repeat(1_000_000)}`), why: 'what follows is nobody’s' },
    'a length beyond numbers': { says: plain(`${HEAD}content-length: ${'9'.repeat(30)}\r\n\r\n{}`), why: 'nothing to set memory aside for' },
    'a length of 1 TB': { says: plain(`${HEAD}content-length: 1099511627776\r\n\r\n{}`), why: 'nothing to set memory aside for' },
    'a negative length': { says: plain(`${HEAD}content-length: -1\r\n\r\n{}`), why: 'no length' },
    'two lengths': { says: plain(`${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{} `), why: 'two readers would read two answers' },
    'a length and chunks': { says: plain(`${HEAD}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`), why: 'two readers would read two answers' },
    'HTTP/1.0 without end': { says: repeat('HTTP/1.0 200 OK\r\n\r\n', kilobyte), why: 'only the end of the connection ends it' },
    'HTTP/0.9': { says: repeat('', kilobyte), why: 'no head at all' },
    'a switch of protocols': { says: repeat('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n', kilobyte), why: 'what follows is no HTTP' },
  };
}

export type Minefield = { url: (name: string) => string; stop(): Promise<void> };

/** Serves each bomb at a path of its own. */
export async function startMinefield(bombs: Record<string, Bomb>): Promise<Minefield> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (chunk: Buffer) => {
      const name = decodeURIComponent(/^\w+ \/(\S*)/.exec(chunk.toString('latin1'))?.[1] ?? '');
      bombs[name]?.says(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (name) => `http://127.0.0.1:${port}/${encodeURIComponent(name)}`,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
