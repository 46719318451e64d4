import { createClock } from '../stack/clock.ts';

/** The stack's own clock, whose minutes last `minuteMs`: what it starts every minute is started that often. */
export function hurry(databaseUrl: string, minuteMs: number, onLog: (line: string) => void): { stop(): Promise<void> } {
  const clock = createClock({ databaseUrl, onLog });
  let minute = Math.floor(Date.now() / 60_000);
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  const beat = (): void => {
    minute += 1;
    void clock.beat(new Date(minute * 60_000)).finally(() => {
      if (!stopped) timer = setTimeout(beat, minuteMs);
    });
  };
  beat();
  return {
    async stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      await clock.stop();
    },
  };
}
