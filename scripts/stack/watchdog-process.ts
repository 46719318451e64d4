import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { Order } from './watchdog.ts';

const guarded = new Map<number, NodeJS.Signals[]>();
const discarded = new Set<string>();
const signalEveryMs = 700;

// The end of standard input is the end of the process that started this one: nothing else can end it.
for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line) as Order);
await Promise.all([...guarded].map(([pid, signals]) => end(pid, signals)));
for (const path of discarded) rmSync(path, { recursive: true, force: true, maxRetries: 3 });

function obey(order: Order): void {
  if ('guard' in order) guarded.set(order.guard, order.signals);
  else if ('release' in order) guarded.delete(order.release);
  else if ('discard' in order) discarded.add(order.discard);
  else discarded.delete(order.keep);
}

async function end(pid: number, signals: NodeJS.Signals[]): Promise<void> {
  for (const signal of signals) {
    if (!send(pid, signal)) return;
    for (let waited = 0; waited < signalEveryMs; waited += 50) {
      await wait(50);
      if (!send(pid, 0)) return;
    }
  }
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
