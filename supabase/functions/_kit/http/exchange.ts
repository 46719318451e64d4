import { Buffer } from 'node:buffer';
import http from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Lookup } from '../address.ts';

/** How much the headers of one answer may weigh, in bytes. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Answers before the answer (100, 102, 103) that are waited through: without an end of them the processor would never rest. */
const MAX_INTERIM = 20;
/** Pieces a body may come in: each costs processor time, however small it is. */
const MAX_PIECES = 100_000;

export type WireRequest = { method: string; url: URL; headers: Record<string, string>; body: string | undefined };

/** `fault` says why `body` is not the whole answer: the connection broke, it went over the limit, or it doesn't unpack. */
export type WireAnswer = {
  status: number;
  headers: Record<string, string>;
  body: string;
  fault: 'cut' | 'too_large' | 'unreadable' | null;
};

/** No answer at all. `sent`: whether anything of the request may have reached the other side. */
export class WireError extends Error {
  code: string;
  sent: boolean;

  constructor(code: string, message: string, sent: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = 'WireError';
    this.code = code;
    this.sent = sent;
  }
}

type Agents = { 'http:': http.Agent; 'https:': https.Agent };

/** `kept` connections serve reading only: on one that closes without an answer, Deno sends a request again by itself. */
export type Wire = { lookup: Lookup; kept: Agents; fresh: Agents; maxBytes: number };

/** Idle connections close after this long, so that a finished slice leaves none behind. */
const IDLE_MS = 15_000;

export function createWire(lookup: Lookup, maxBytes: number): Wire {
  const agents = (options: http.AgentOptions): Agents => ({ 'http:': new http.Agent(options), 'https:': new https.Agent(options) });
  const limits = { maxSockets: 8, maxFreeSockets: 4, timeout: IDLE_MS };
  return { lookup, kept: agents({ ...limits, keepAlive: true }), fresh: agents({ ...limits, keepAlive: false }), maxBytes };
}

/** Sockets whose connection (and handshake) once stood: what is sent on them may arrive. */
const established = new WeakSet<object>();

/**
 * One request and its answer, within `timeoutMs` from connecting to the last byte.
 * @throws WireError when there is no status line; a broken body is an answer with a `fault`.
 */
export function exchange(wire: Wire, request: WireRequest, timeoutMs: number, signal?: AbortSignal): Promise<WireAnswer> {
  return new Promise<WireAnswer>((resolve, reject) => {
    const outgoing = open(wire, request);
    const progress = follow(outgoing, request.url.protocol === 'https:');
    let collected: Collected | null = null;
    let stop: WireError | null = null;
    const release = (): void => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', onAbort);
    };
    const giveUp = (code: string, message: string): void => {
      stop ??= new WireError(code, message, progress.sent);
      outgoing.destroy(stop);
      if (collected) resolve(collected.answer('cut'));
    };
    const deadline = setTimeout(() => giveUp('TIMEOUT', `No answer within ${timeoutMs / 1_000} seconds.`), timeoutMs);
    const onAbort = (): void => giveUp('STOPPED', 'The call was stopped before an answer came.');
    signal?.addEventListener('abort', onAbort, { once: true });

    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      release();
      if (collected) resolve(collected.answer('cut'));
      else reject(stop ?? new WireError(progress.isHandshake() ? 'TLS' : error.code ?? error.name, error.message, progress.sent, error));
    });
    let interim = 0;
    outgoing.on('information', () => {
      interim += 1;
      if (interim > MAX_INTERIM) giveUp('HPE_INTERIM', 'Only interim answers came.');
    });
    // Nobody asked for another protocol, and without this nobody would hear that the answer is over.
    outgoing.on('upgrade', (_incoming, socket) => {
      socket.destroy();
      giveUp('HPE_UPGRADE', 'The answer switched to another protocol.');
    });
    // The last word, whatever else was not said.
    outgoing.on('close', () => {
      if (collected) return;
      release();
      reject(stop ?? new WireError('ECONNRESET', 'The connection was closed without an answer.', progress.sent));
    });
    outgoing.on('response', (incoming) => {
      collected = collect(incoming, wire.maxBytes, (answer) => {
        release();
        if (answer.fault !== null) outgoing.destroy();
        resolve(answer);
      });
    });
    if (signal?.aborted) onAbort();
    else outgoing.end(request.body);
  });
}

function open(wire: Wire, { method, url, headers }: WireRequest): ClientRequest {
  const options = { method, headers, maxHeaderSize: MAX_HEADER_BYTES, lookup: wire.lookup };
  const agents = ['GET', 'HEAD'].includes(method) ? wire.kept : wire.fresh;
  if (url.protocol === 'https:') return https.request(url, { ...options, agent: agents['https:'] });
  return http.request(url, { ...options, agent: agents['http:'] });
}

type Progress = { sent: boolean; isHandshake(): boolean };

/**
 * How far a request got. Nothing of it leaves before the connection stands, with TLS the handshake. Runtimes name TLS faults
 * differently; what they share is that the connection stood and the handshake did not.
 */
function follow(outgoing: ClientRequest, isTls: boolean): Progress {
  let connected = false;
  const progress: Progress = { sent: false, isHandshake: () => isTls && connected && !progress.sent };
  outgoing.on('socket', (socket) => {
    progress.sent = established.has(socket);
    // A kept connection has had its events; listeners on it would only pile up.
    if (progress.sent) return;
    socket.once('connect', () => { connected = true; });
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      established.add(socket);
      progress.sent = true;
    });
  });
  return progress;
}

type Collected = { answer(fault: WireAnswer['fault']): WireAnswer };

function collect(incoming: IncomingMessage, maxBytes: number, done: (answer: WireAnswer) => void): Collected {
  // One buffer that grows: a buffer for every piece would weigh a hundred times the byte that may be in it.
  let held = Buffer.allocUnsafe(Math.min(maxBytes, 16_384));
  let size = 0;
  let pieces = 0;
  const answer = (fault: WireAnswer['fault']): WireAnswer => {
    const headers = flat(incoming.headers);
    const unpacked = unpack(held.subarray(0, size), headers['content-encoding'] ?? '', maxBytes);
    const body = decode(unpacked.bytes, headers['content-type'] ?? '');
    return { status: incoming.statusCode ?? 0, headers, body, fault: fault ?? unpacked.fault };
  };
  incoming.on('data', (chunk: Buffer) => {
    pieces += 1;
    if (size + chunk.length > maxBytes || pieces > MAX_PIECES) {
      incoming.pause();
      return done(answer('too_large'));
    }
    if (size + chunk.length > held.length) {
      const grown = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(2 * held.length, size + chunk.length)));
      held.copy(grown, 0, 0, size);
      held = grown;
    }
    chunk.copy(held, size);
    size += chunk.length;
  });
  incoming.on('end', () => done(answer(incoming.complete ? null : 'cut')));
  incoming.on('error', () => done(answer('cut')));
  return { answer };
}

function flat(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (
    value === undefined || name === 'set-cookie' ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]])));
}

const UNPACK = { gzip: gunzipSync, 'x-gzip': gunzipSync, deflate: inflateSync, br: brotliDecompressSync } as const;

/** A small body can unpack to gigabytes: the limit holds for what comes out, not only for what came in. */
function unpack(bytes: Buffer, encoding: string, maxBytes: number): { bytes: Buffer; fault: WireAnswer['fault'] } {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity' || bytes.length === 0) return { bytes, fault: null };
  if (!Object.hasOwn(UNPACK, name)) return { bytes: Buffer.alloc(0), fault: 'unreadable' };
  try {
    return { bytes: UNPACK[name as keyof typeof UNPACK](bytes, { maxOutputLength: maxBytes }), fault: null };
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return { bytes: Buffer.alloc(0), fault: isTooLarge ? 'too_large' : 'unreadable' };
  }
}

function decode(bytes: Buffer, type: string): string {
  const charset = /charset\s{0,3}=\s{0,3}["']?([\w-]{1,30})/i.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
