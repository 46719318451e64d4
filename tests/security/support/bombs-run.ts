import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { createHttp, HttpFailure } from '../../../supabase/functions/_kit/http.ts';

// Calls the addresses it is given, one after the other, with the real client and tells what became of each: the outcome, the
// processor time, and how high the memory of this process ever was. Runs in Node and in Deno, in a process of its own.

/** The most memory this process has had so far, in MB. */
function peak(): number {
  if (!existsSync('/proc/self/status')) return process.memoryUsage().rss / 1e6;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1e3;
}

const http = createHttp({ system: 'other', secrets: [], local: true, clock: () => new Date(0), timeoutMs: 1_500 });
const results: Record<string, { outcome: string; cpuMs: number; peakMb: number }> = {};
const warm = peak();
for (const [name, url] of Object.entries(JSON.parse(process.argv[2] ?? '{}') as Record<string, string>)) {
  const before = process.cpuUsage();
  const result: unknown = await http.send({ url, body: { a: 1 } }).then(({ status, body }) => `${status} ${body.length}`, (error: unknown) => error);
  const { user, system } = process.cpuUsage(before);
  results[name] = {
    outcome: result instanceof HttpFailure ? `${result.delivered} ${result.status ?? '-'} ${result.diagnosis.code}` : String(result),
    cpuMs: Math.round((user + system) / 1_000),
    peakMb: Math.round(peak() - warm),
  };
}
process.stdout.write(JSON.stringify(results));
process.exit(0);
