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
  /** A correction waits for somebody else's yes. */
  asked: { headline: (name: string) => string; meaning: (by: string, records: string) => string };
  /** What became of one's own correction. */
  decided: { headline: (name: string, agreed: boolean) => string; meaning: (by: string, records: string, agreed: boolean) => string };
  /** Somebody is to become a member. The footer is for one who is none yet. */
  invited: {
    headline: (organization: string) => string;
    meaning: (by: string, role: string) => string;
    how: (until: string) => string;
    roles: Record<'owner' | 'admin' | 'viewer', string>;
    footer: (by: string) => string;
  };
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
    reason: string;
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
