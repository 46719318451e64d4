import { Buffer } from 'node:buffer';
import process from 'node:process';
import { format, inspect } from 'node:util';
import { createRedactor } from './redact.ts';

type Write = (chunk: unknown, ...rest: unknown[]) => boolean;

/** Credentials this worker has held; the oldest are forgotten first. */
const held = new Set<string>();
const MOST_HELD = 500;
let redact = createRedactor([]);

/** From now on these appear in nothing that this worker writes to its log. */
export function keepOutOfLogs(secrets: readonly string[]): void {
  const before = held.size;
  for (const secret of secrets) held.add(secret);
  if (held.size === before) return;
  for (const oldest of held) {
    if (held.size <= MOST_HELD) break;
    held.delete(oldest);
  }
  redact = createRedactor([...held]);
}

let guarded = false;

/**
 * Stands before everything that writes to the log of this worker: what connectors and libraries print is redacted first. What
 * is thrown where nobody catches it is printed like that too, and ends nobody else's work.
 */
export function guardLogs(): void {
  if (guarded) return;
  guarded = true;
  const { log } = console;
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    const original = console[name].bind(console);
    console[name] = (...parts: unknown[]) => original('%s', redact(format(...parts)));
  }
  for (const name of ['dir', 'dirxml', 'table'] as const) {
    console[name] = (value: unknown) => log.call(console, '%s', redact(inspect(value, { depth: 8 })));
  }
  for (const stream of [process.stdout, process.stderr]) {
    const original = stream.write.bind(stream) as Write;
    const write: Write = (chunk, ...rest) => original(redact(typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString()), ...rest);
    stream.write = write;
  }
  // A worker has these events; Node, in which functions are only tested, has not.
  if (!('addEventListener' in globalThis)) return;
  addEventListener('unhandledrejection', (event) => tell(event, event.reason));
  addEventListener('error', (event) => tell(event, event.error));
}

/** The worker goes on: it has other slices in hand than the one that left this behind. */
function tell(event: Event, error: unknown): void {
  if (event.defaultPrevented) return;
  event.preventDefault();
  console.error(JSON.stringify({ event: 'uncaught', message: error instanceof Error ? error.message : format(error) }));
}
