/** What one run of one contender took. `cpuMs` is that of the one process that does the work: the one that pushes, or a backend of Postgres. */
export type Sample = { wallMs: number; cpuMs: number | null };

/** The middle of an odd number of samples, and how far the others lie from it. */
export type Spread = { median: number; low: number; high: number };

export type Result = {
  bench: string;
  contender: string;
  baseline: string;
  /** Things done in one run: records, rows. */
  things: number;
  runs: number;
  wallMs: Spread;
  baseWallMs: Spread;
  cpuMs: Spread | null;
  baseCpuMs: Spread | null;
  note: string;
};

export function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor((sorted.length - 1) / 2)), low: at(0), high: at(sorted.length - 1) };
}

export type Measure = () => Promise<Sample>;
/** The contender's, and the baseline's. */
export type Samples = [Sample[], Sample[]];

/** Runs both by turns, who goes first by turns too, after one run each that does not count: what else the machine does hits both. */
export async function alternate(runs: number, contender: Measure, baseline: Measure): Promise<Samples> {
  const [own = [], base = []] = await byTurns(runs, [contender, baseline]);
  return [own, base];
}

/** The same for any number of contenders; the samples of each come back in its place. */
export async function byTurns(runs: number, contenders: Measure[]): Promise<Sample[][]> {
  const samples: Sample[][] = contenders.map(() => []);
  for (let run = -1; run < runs; run += 1) {
    const order = [...contenders.keys()];
    for (const who of run % 2 === 0 ? order : order.reverse()) {
      const sample = await contenders[who]?.();
      if (run >= 0 && sample) samples[who]?.push(sample);
    }
  }
  return samples;
}

export function result(about: Pick<Result, 'bench' | 'contender' | 'baseline' | 'things' | 'note'>, [own, base]: Samples): Result {
  const cpu = (samples: Sample[]): Spread | null => {
    const values = samples.flatMap((sample) => sample.cpuMs ?? []);
    return values.length === samples.length ? spread(values) : null;
  };
  return {
    ...about, runs: own.length, wallMs: spread(own.map((sample) => sample.wallMs)), baseWallMs: spread(base.map((sample) => sample.wallMs)),
    cpuMs: cpu(own), baseCpuMs: cpu(base),
  };
}
