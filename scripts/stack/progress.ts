/** Tells what is being done, but only of what takes over a second. */
export type Progress = {
  /** The step before is done, this one begins. */
  step(name: string): void;
  /** The last step is done. */
  done(): void;
};

/** @param print receives one line at a time. */
export function createProgress(print: (line: string) => void, now: () => number): Progress {
  let end = (): void => undefined;
  return {
    step(name) {
      end();
      const begun = now();
      let told = false;
      let timer = setTimeout(function tell() {
        print(told ? `${name}: still at it after ${seconds(now() - begun)}` : `${name} ...`);
        told = true;
        timer = setTimeout(tell, 10_000);
      }, 1000);
      end = () => {
        clearTimeout(timer);
        if (told) print(`${name}: done in ${seconds(now() - begun)}`);
        end = () => undefined;
      };
    },
    done: () => end(),
  };
}

/** Milliseconds as a person says them. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 9950 ? 1 : 0)} s`;
}
