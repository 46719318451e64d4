import process from 'node:process';

export type Budget = {
  /** What has been used since the budget was made, in milliseconds; CPU is 0 where the runtime can't tell. */
  spent(): { wallMs: number; cpuMs: number };
  /** True once either limit is reached: checkpoint and ring for the next slice. */
  exhausted(): boolean;
};

export type BudgetOptions = {
  /** Milliseconds on a clock that only goes forward; `performance.now` in production. */
  now: () => number;
  /** CPU milliseconds used by the process so far; the runtime's own count when left out. */
  cpu?: () => number;
  wallMs?: number;
  cpuMs?: number;
};

/**
 * How much of a slice is left. Hosted functions get 2 s of CPU and a retired worker half its wall clock, so the defaults are
 * 100 s of wall clock and 1.5 s of CPU, whichever comes first. Never throws.
 * @see https://supabase.com/docs/guides/functions/limits
 */
export function createBudget(options: BudgetOptions): Budget {
  const { now, cpu = processCpu, wallMs = 100_000, cpuMs = 1_500 } = options;
  const startedAt = now();
  const startedCpu = cpu();
  const spent = (): { wallMs: number; cpuMs: number } => ({
    wallMs: Math.max(0, now() - startedAt),
    cpuMs: Math.max(0, cpu() - startedCpu),
  });
  return {
    spent,
    exhausted() {
      const used = spent();
      return used.wallMs >= wallMs || used.cpuMs >= cpuMs;
    },
  };
}

/** CPU of the whole process: where several functions share one, a slice ends sooner than it must, never later. */
function processCpu(): number {
  try {
    const { user, system } = process.cpuUsage();
    return Number.isFinite(user + system) ? (user + system) / 1_000 : 0;
  } catch {
    return 0;
  }
}
