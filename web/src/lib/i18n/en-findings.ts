import type { nbFindings } from './nb-findings.ts';

const signalNames: typeof nbFindings.signalNames = {
  bounce_rate: 'E-mail that bounced', complaint_rate: 'Complaints about e-mail', emails_sent: 'E-mails sent', quota_used: 'Quota used',
  sending_stopped: 'Sending stopped by the vendor', under_review: 'Under review by the vendor', newly_suppressed: 'Addresses newly suppressed',
  messages_looked_at: 'Messages looked at', delivery_failure_rate: 'Messages not delivered', delivery_errors: 'Messages not delivered, number',
  daily_usage: 'Usage of the last day', daily_cost: 'Cost of the last day', cost_above_usual: 'Cost above the usual', data_lag_minutes: 'Age of data',
};
const signalUnits: Record<string, string> = { percent: '%', minutes: 'minutes', seconds: 'seconds', days: 'days', bytes: 'bytes', count: '', amount: '' };

export const enFindings: typeof nbFindings = {
  findings: {
    last_run_failed: {
      what: () => 'The last run failed.',
      todo: 'Read the message below, put right what it points at, then retry the failed records.',
    },
    no_success: {
      what: (f) => `No successful run for ${f.text('hours') ?? '48'} hours${f.part('last_success_at', (it) => `; the last was ${it}`)}.`,
      todo: 'Check that the integration is on and that the system answers. Then sync now.',
    },
    credential_refused: {
      what: () => 'The system does not accept our credential.',
      todo: 'Make a new one in the system and set it here. Waiting does not help.',
    },
    credential_expired: {
      what: (f) => `The credential or certificate has expired${f.part('expired_at', (it) => ` (${it})`)}.`,
      todo: 'Renew it in the system and set the new one here. Waiting does not help.',
    },
    stuck_run: {
      what: () => 'A run has stopped moving without ending.',
      todo: 'It is ended when its deadline passes. If it happens again, whoever operates this must find out why.',
    },
    never_started: {
      what: () => 'A run that was due never started.',
      todo: 'Check that the function for this system is deployed and that the clock runs.',
    },
    lag_critical: {
      what: (f) => `The oldest waiting record has waited too long${f.part('since', (it) => `: since ${it}`)}.`,
      todo: 'See whether runs finish, and whether the system slows us down.',
    },
    failure_rate: {
      what: (f) => `Too many records are refused${f.pair('failed', 'selected', (a, b) => `: ${a} of ${b} in the last run`)}.`,
      todo: 'See the causes below; fix the largest first.',
    },
    refused_open_long: {
      what: (f) => `Refused for good and not fixed yet: ${f.count('records', 'record', 'records') ?? 'some records'}.`,
      todo: 'Fix the cause now: they will not get across until someone does, and the accounting cut-off does not wait.',
    },
    last_run_warning: {
      what: (f) =>
        `The last run went through, but ${f.pair('failed', 'selected', (a, b) => `${a} of ${b}`) || 'some'} were refused or skipped.`,
      todo: 'See the causes below, then retry the failed records.',
    },
    refused_open: {
      what: (f) => `Refused and waiting for you: ${f.count('records', 'record', 'records') ?? 'some records'}.`,
      todo: 'Fix the cause, then retry them.',
    },
    nothing_moved: {
      what: (f) =>
        `The run moved nothing although something was due${f.part('waiting', () => `: ${f.count('waiting', 'record', 'records')}`)}.`,
      todo: 'Check the selection and the settings. A run that “succeeds” with nothing is not green.',
    },
    volume_unusual: {
      what: (f) =>
        `The number of records is unusual${f.pair('selected', 'usual', (a, b) => `: ${a}, usually ${b}`) || ' for this integration'}.`,
      todo: 'Compare with the history below, and check whether the source lacks something or sends too much.',
    },
    duration_unusual: {
      what: (f) => `The run was unusually short or long${f.pair('seconds', 'usual', (a, b) => `: ${a} s, usually ${b} s`)}.`,
      todo: 'Compare with the history below. If each run is slower than the last, tell whoever operates this.',
    },
    credential_expires_soon: {
      what: (f) => `The credential or certificate expires soon${f.part('expires_at', (it) => `: ${it}`)}.`,
      todo: 'Renew it before it stops.',
    },
    credential_old: {
      what: (f) => `The credential is older than agreed${f.part('set_at', (it) => `; set ${it}`)}.`,
      todo: 'Replace it when it suits.',
    },
    rate_limited: {
      what: () => 'The system slows us down.',
      todo: 'No hurry: we wait as long as it asks. If it lasts, ask the vendor for a higher limit.',
    },
    queue_depth: {
      what: (f) => `The queue is long${f.part('waiting', () => `: ${f.count('waiting', 'record', 'records')}`)}.`,
      todo: 'See whether the runs manage to empty it. If it grows, sync more often.',
    },
    lag: {
      what: (f) => `The oldest waiting record has waited long${f.part('since', (it) => `: since ${it}`)}.`,
      todo: 'See whether runs finish in time.',
    },
    data_lag: {
      what: (f) => `What is fetched is older than it should be${f.part('since', (it) => `: everything up to ${it} is here`)}.`,
      todo: 'See whether runs finish, and whether the system has more than a run can fetch.',
    },
    schema_drift: {
      what: (f) => `The system’s data has changed its form${f.part('stream', (it) => ` (${it})`)}: ${f.count('fields', 'field', 'fields') ?? 'some fields'} new, gone or of another type.`,
      todo: 'See which under “What is fetched”. Accept it when whoever uses the data can live with it.',
    },
    signal: {
      what: (f) => `A number is out of bounds. ${f.part('name', (it) => signalNames[it] ?? it) || 'A measurement'}${f.part('about', (it) => ` (${it})`)}: ${
        [f.text('value') ?? '?', f.part('unit', (it) => signalUnits[it] ?? it)].filter(Boolean).join(' ')}.`,
      todo: 'See under “Measurements” when it began, and in the system what it comes from.',
    },
    signals_unread: {
      what: (f) => `The system’s own numbers could not be read${f.part('message', (it) => `: ${it}`)}.`,
      todo: 'Often a right the credential lacks. What is known of them is old.',
    },
    check_failed: {
      what: (f) => `The system did not let us in when we looked${f.part('at', (it) => ` (${it})`)}.`,
      todo: 'Put right what the message under “The connection” says, then check again.',
    },
    verdict_late: {
      what: (f) => `The system took records and has not said whether they are booked${f.part('since', (it) => `; the oldest since ${it}`)}.`,
      todo: 'We keep asking. Look in the system whether its import is waiting there.',
    },
    uncertain_open: {
      what: (f) => `Sent, but no answer came: ${f.count('records', 'record', 'records') ?? 'some records'}.`,
      todo: 'We ask the system before anything is sent again. Where it cannot say, you must look there and decide.',
    },
    sync_failing: {
      what: (f) =>
        f.part('failures', (n) => `The sync has failed ${n} times in a row.`) || 'The sync has failed again and again.',
      todo: 'Read the message below, and put right what it points at.',
    },
    unstable: {
      what: (f) => `Unstable: ${f.text('failed_runs') ?? 'several'} of the last ten runs failed.`,
      todo: 'See the history below: do the failures share a time or the same data?',
    },
    cause_refused: {
      what: (f) =>
        `Refused for one reason: ${f.count('records', 'record', 'records') ?? 'some records'}${f.part('field', (it) => `, field ${it}`)}.`,
      todo: 'Fix the cause below, then retry its records together.',
    },
    nobody_told: {
      what: () => 'Nobody would be told when something fails: no owner or admin gets e-mail about new problems.',
      todo: 'Turn e-mail on in the notification settings, or make somebody an owner or admin.',
    },
    disabled: {
      what: () => 'The integration is off. Nothing is sent.',
      todo: 'Turn it on when it should run again; what has gathered is sent then.',
    },
    maintenance: {
      what: () => 'The integration is in maintenance. No run starts.',
      todo: 'Wait until the maintenance is over.',
    },
    never_run: {
      what: () => 'The integration has not run yet.',
      todo: 'Wait for the first run, or sync now.',
    },
    monitor_late: {
      what: () => 'The monitor is late, so nobody knows how things are.',
      todo: 'Check that the clock (pg_cron) runs.',
    },
  },
  signalNames,
  unknownFinding: {
    what: (rule) => `The monitor found something: ${rule}.`,
    todo: 'See the numbers under technical details.',
  },
};
