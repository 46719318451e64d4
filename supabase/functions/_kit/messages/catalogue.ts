import type { Advice, Alarm, Severity } from './notice.ts';

export type Light = 'red' | 'yellow' | 'green';

/** What a sentence about an integration may name. `times` is consecutive failures. */
export type About = { name: string; system: string; times: number };

/** A number and the word it counts: `of(1, '1')` is "1 post", `of(104, '104')` is "104 poster". */
export type Counted = (number: number, shown: string) => string;

/** Every word a message is made of. Both languages have this type, so a sentence missing in one does not compile. */
export type Catalogue = {
  /** For dates, numbers and currencies. */
  intl: string;
  light: Record<Light, string>;
  severity: Record<Severity, string>;
  record: Counted;
  minute: Counted;
  hour: Counted;
  day: Counted;
  alarm: Record<Alarm | 'other', { headline: (about: About) => string; meaning: (about: About) => string }>;
  raised: (severity: string) => string;
  reminded: string;
  /** What somebody gets who tries whether messages arrive. */
  test: { headline: string; meaning: string };
  recovered: { headline: (about: About) => string; meaning: (about: About) => string };
  /** When a cause has no records left; the integration itself may have been well all the time. */
  causeGone: { headline: (about: About) => string; meaning: (about: About) => string };
  remaining: (records: string) => string;
  /** What to do, by rule; `other` when the rule has no words of its own. */
  advice: Record<Advice | 'other', (system: string) => string>;
  label: {
    quote: (system: string) => string;
    field: string;
    code: string;
    lastRun: string;
    open: string;
    amount: string;
    cause: string;
    values: string;
    causeRecords: string;
    since: string;
    until: string;
    cutoff: string;
    severity: string;
    advice: string;
    link: string;
  };
  refused: (failed: string, selected: string) => string;
  amount: (amount: string, records: string) => string;
  moreValues: (shown: string) => string;
  cutoffAhead: (when: string, left: string, records: string) => string;
  cutoffPassed: (when: string, records: string) => string;
  /** Stands where a personal detail was taken out of another system's message. */
  hidden: string;
  footer: (organization: string) => string;
};
