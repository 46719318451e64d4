/** How long a slice waits before it asks again for the verdict on what was accepted (`CONFIRM_PAUSE_MS` of the kit). */
const PAUSE_MS = 2_500;

const later = globalThis.setTimeout;

// A tenth of it here, where vendors judge at once: an attack that has to wait for the end of a slice comes round sooner.
globalThis.setTimeout = ((act: () => void, ms?: number) => later(act, ms === PAUSE_MS ? PAUSE_MS / 10 : ms)) as typeof setTimeout;
