import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endProcess } from './processes.ts';
import type { Order } from './watchdog.ts';

const guarded = new Map<number, NodeJS.Signals[]>();
const discarded = new Set<string>();

// The end of standard input is the end of the process that started this one: nothing else can end it.
for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line) as Order);
await Promise.all([...guarded].map(([pid, signals]) => endProcess(pid, signals, 700)));
for (const path of discarded) rmSync(path, { recursive: true, force: true, maxRetries: 3 });

function obey(order: Order): void {
  if ('guard' in order) guarded.set(order.guard, order.signals);
  else if ('release' in order) guarded.delete(order.release);
  else if ('discard' in order) discarded.add(order.discard);
  else discarded.delete(order.keep);
}
