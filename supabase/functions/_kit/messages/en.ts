import type { Catalogue } from './catalogue.ts';

const counted = (one: string, many: string) => (number: number, shown: string): string => `${shown} ${number === 1 ? one : many}`;

export const en: Catalogue = {
  intl: 'en-GB',
  light: { red: 'Red', yellow: 'Yellow', green: 'Green' },
  severity: { critical: 'critical', high: 'high', medium: 'medium', low: 'low' },
  record: counted('record', 'records'),
  minute: counted('minute', 'minutes'),
  hour: counted('hour', 'hours'),
  day: counted('day', 'days'),
  alarm: {
    sync_failing: {
      headline: ({ name, times }) => (times > 1 ? `${name} has failed ${times} times` : `${name} has failed`),
      meaning: ({ system, times }) =>
        (times > 1 ? `The last ${times} runs against ${system} failed.` : `The last run against ${system} failed.`)
        + ' The records are kept, and nothing is sent twice.',
    },
    credential_refused: {
      headline: ({ name }) => `${name} refuses our sign-in`,
      meaning: ({ system }) => `${system} does not accept the key or password the integration uses. This does not go away by itself.`,
    },
    never_started: {
      headline: ({ name }) => `${name} has not started`,
      meaning: () => 'A scheduled run never got going.',
    },
    stuck_run: {
      headline: ({ name }) => `${name} is stuck`,
      meaning: () => 'A run has stopped on its way without a word.',
    },
    credential_expired: {
      headline: ({ name }) => `The key for ${name} has expired`,
      meaning: ({ system }) => `The key the integration uses for ${system} is no longer valid. This does not go away by itself.`,
    },
    cause_refused: {
      headline: ({ name }) => `${name} refuses records`,
      meaning: ({ system }) => `${system} refuses records for a cause that must be fixed. They are not sent again by themselves.`,
    },
    failure_rate: {
      headline: ({ name }) => `${name} refuses too many records`,
      meaning: ({ system }) => `${system} refuses too large a share of the records, even though some runs go well.`,
    },
    unstable: {
      headline: ({ name }) => `${name} fails now and then`,
      meaning: ({ system }) => `Several of the last runs against ${system} failed, though others went well.`,
    },
    no_success: {
      headline: ({ name }) => `${name} has had no successful run for a long time`,
      meaning: ({ system }) => `It is too long since a run against ${system} went well.`,
    },
    other: {
      headline: ({ name }) => `${name} needs attention`,
      meaning: ({ system }) => `Something about the exchange with ${system} is not as it should be.`,
    },
  },
  raised: (severity) => `This has become more serious and now counts as ${severity}.`,
  reminded: 'This was snoozed. The time is over and it is still open.',
  test: { headline: 'A test from Syncward', meaning: 'You asked for this to see whether messages reach you. They do. Nothing is wrong.' },
  asked: {
    headline: (name) => `${name}: a correction waits for your approval`,
    meaning: (by, records) => `${by} has corrected amounts, accounts or dates of ${records}. Nothing is sent before another owner or admin has said yes.`,
  },
  decided: {
    headline: (name, agreed) => (agreed ? `${name}: your correction is approved` : `${name}: your correction is declined`),
    meaning: (by, records, agreed) => (agreed ? `${by} has approved it, and ${records} are being sent.` : `${by} has declined it. Nothing was sent of ${records}.`),
  },
  invited: {
    headline: (organization) => `You are invited to ${organization} in Syncward`,
    meaning: (by, role) => `${by} asks you to join as ${role}. Syncward shows whether what one system owes another has really arrived there.`,
    how: (until) => `Sign in with the address this e-mail came to. If you have no password, ask for a link on the sign-in page. The invitation is good until ${until}.`,
    roles: { owner: 'an owner', admin: 'an admin', viewer: 'a viewer' },
    footer: (by) => `You receive this e-mail because ${by} entered your address in Syncward. If you do not know them, there is nothing to do.`,
  },
  recovered: {
    headline: ({ name }) => `${name} works again`,
    meaning: ({ system }) => `The exchange with ${system} runs as it should again.`,
  },
  causeGone: {
    headline: ({ name }) => `${name}: the cause is fixed`,
    meaning: () => 'No records are left with this cause.',
  },
  remaining: (records) => `${records} remaining`,
  advice: {
    sync_failing: (system) => `Read what ${system} answered. If it is about the records, correct them and send the failed ones again.`
      + ` If ${system} is down, we keep trying by ourselves.`,
    last_run_failed: (system) => `Read what ${system} answered. If it is about the records, correct them and send the failed ones again.`
      + ` If ${system} is down, we keep trying by ourselves.`,
    last_run_warning: () => 'See which records were refused, fix the cause and send them again. The rest is across.',
    refused_open: () => 'These records will not get across without help. Fix the cause, or dismiss them with a reason.',
    cause_refused: (system) => `Correct the value in the records, or add it in ${system}. Then send all records with this cause again.`,
    failure_rate: () => 'Begin with the cause behind the most records: fix it and send them again.',
    unstable: (system) => `Compare the runs that failed. Ask ${system} about their operations if the messages are not about the records.`,
    verdict_late: (system) => `${system} took records and has not said whether they are booked. See whether its import is waiting there.`,
    uncertain_open: (system) => `We do not know whether ${system} took these records, and send nothing before we do. You may check there.`,
    no_success: (system) => `Look at the last run and what ${system} answered. Start a run when it is fixed.`,
    never_run: () => 'The first run starts by itself at its time.',
    never_started: () => 'Start a run from the page. If that does not help, whoever operates the service must look at it.',
    stuck_run: () => 'The run is taken up again by itself. If it happens often, whoever operates the service must look at it.',
    credential_refused: (system) => `Make a new key or password in ${system} and enter it on the page of the integration.`,
    credential_expired: (system) => `The key has expired. Make a new one in ${system} and enter it on the page of the integration.`,
    credential_expires_soon: (system) => `The key expires soon. Make a new one in ${system} before it does and enter it on the page of the integration.`,
    credential_old: (system) => `The key is older than agreed. Make a new one in ${system} and enter it on the page of the integration.`,
    nothing_moved: () => 'Something was due, but nothing moved. See whether records are made the way they usually are.',
    volume_unusual: () => 'The number is unusual. See whether something is missing, or was entered twice on your side.',
    duration_unusual: (system) => `The run took unusually long or short. You may want to ask ${system} about their operations.`,
    rate_limited: (system) => `${system} asks us to send more slowly, and we do. Ask for a higher limit if it lasts.`,
    queue_depth: () => 'The queue is growing. See whether runs take place, and whether something in them fails.',
    lag: () => 'Records get across later than they should. See whether runs take place, and whether something in them fails.',
    nobody_told: () => 'No owner or admin gets e-mail about new problems. Turn it on in the notification settings, or make a member an admin.',
    maintenance: () => 'Alerts wait until the maintenance is over.',
    disabled: () => 'The integration is switched off. Switch it on when records are to be sent again.',
    other: () => 'See on the page of the integration what happened and what can be fixed.',
  },
  label: {
    quote: (system) => `Message from ${system}, word for word`,
    field: 'Field',
    code: 'Error code',
    lastRun: 'Last run',
    open: 'Not across',
    amount: 'Amount not across',
    cause: 'Cause',
    values: 'Values refused',
    causeRecords: 'Records with this cause',
    since: 'Since',
    until: 'In order from',
    cutoff: 'Accounting cut-off',
    severity: 'Severity',
    advice: 'What you can do',
    reason: 'Reason',
    link: 'Open in Syncward',
  },
  refused: (failed, selected) => `${failed} of ${selected} were refused`,
  amount: (amount, records) => `${amount} (${records})`,
  moreValues: (shown) => `and ${shown} more`,
  cutoffAhead: (when, left, records) => `${when}, in ${left}. ${records} not across.`,
  cutoffPassed: (when, records) => `${when}. It has passed, with ${records} not across.`,
  hidden: '[personal detail left out]',
  footer: (organization) => `You receive this e-mail because you are an owner or admin of ${organization} in Syncward.`,
};
