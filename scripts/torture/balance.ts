import type { Books, OurRecord } from './books.ts';

/** What must never be, by name. */
export type Wrong =
  | 'lost' | 'accepted twice' | 'in no state' | 'books disagree' | 'run does not balance' | 'light lies' | 'not told' | 'told twice' | 'not at rest';

export type Violation = { front: string; wrong: Wrong; what: string };

const STATES = new Set(['queued', 'sending', 'exported', 'accepted', 'failed', 'retrying', 'uncertain', 'dead', 'dismissed']);
/** States in which the vendor may have the record already. In all others it must not. */
const MAY_BE_BOOKED = new Set(['sending', 'accepted', 'uncertain', 'exported']);
/** What may colour a light although every record is across and the last run was good. */
const REMARKS = new Set(['unstable', 'rate_limited', 'volume_unusual', 'duration_unusual', 'failure_rate', 'credential_old', 'lag']);

/**
 * When the books are compared. `under way`: only what must hold at any moment. `resting`: nothing is on its way any more, so both
 * sides must agree to the last record, and every notice must have gone out. `mended`: the same, and nothing is refused any more.
 */
export type Stage = 'under way' | 'resting' | 'mended';

/** Compares both sides' books; an empty answer is what all attacks have to end with. */
export function balance(books: Books, stage: Stage): Violation[] {
  const resting = stage !== 'under way';
  const found: Violation[] = [];
  const say = (wrong: Wrong, what: string): void => void found.push({ front: books.front, wrong, what });
  judgeRecords(books, stage, say);
  judgeLedger(books, say);
  judgeRuns(books, resting, say);
  judgeLight(books, say);
  judgeNotices(books, resting, say);
  return found;
}

const RESTS: Record<Stage, (state: string) => boolean> = {
  'under way': () => true,
  resting: (state) => ['exported', 'failed', 'dead', 'dismissed'].includes(state),
  mended: (state) => state === 'exported',
};

type Say = (wrong: Wrong, what: string) => void;

const byKey = <T>(items: T[], key: (item: T) => string): Map<string, T[]> => Map.groupBy(items, key);

function judgeRecords({ handed, records }: Books, stage: Stage, say: Say): void {
  const ours = byKey(records, (record) => record.source);
  for (const source of handed) if (!ours.has(source)) say('lost', `${source} was handed in and is not there`);
  for (const [source, rows] of ours) if (rows.length > 1) say('in no state', `${source} is there ${rows.length} times`);
  for (const { source, state } of records) {
    if (!STATES.has(state)) say('in no state', `${source} is in the state "${state}"`);
    else if (!RESTS[stage](state)) say('not at rest', `${source} is still ${state}`);
  }
}

function judgeLedger({ records, ledger, landedTwice }: Books, say: Say): void {
  for (const [key, entries] of byKey(ledger.after, (entry) => entry)) {
    if (entries.length > 1) say('accepted twice', `${key} stands ${entries.length} times in the vendor's ledger`);
  }
  for (const what of landedTwice) say('accepted twice', `record ${what} was recorded as across more than once`);
  const [before, after] = [new Set(ledger.before), new Set(ledger.after)];
  const ours = new Map<string, OurRecord>(records.map((record) => [record.key, record]));
  for (const key of before) if (!ours.has(key)) say('books disagree', `the vendor has ${key}, which is no record of ours`);
  for (const { key, source, state } of records) {
    if (state === 'exported' && !after.has(key)) say('lost', `${source} counts as across and the vendor has never seen it`);
    if (!MAY_BE_BOOKED.has(state) && before.has(key)) say('books disagree', `the vendor has ${source}, which we call ${state}`);
  }
}

function judgeRuns({ runs }: Books, resting: boolean, say: Say): void {
  for (const { id, over, selected, sum } of runs) {
    if (over && selected !== sum) say('run does not balance', `run ${id} selected ${selected} and accounts for ${sum}`);
    if (resting && !over) say('not at rest', `run ${id} is not over`);
  }
}

/** An oracle of its own, from rows and not from rules: what a person would say of this integration. While a run is under way it is not asked. */
function judgeLight({ light, findings }: Books, say: Say): void {
  if (light.busy) return;
  const { health, lastStatus, refused, uncertain, unfinished } = light;
  const least = lastStatus === 'failed' ? ['red'] : refused + uncertain > 0 || lastStatus === 'warning' ? ['red', 'yellow'] : null;
  if (least && !least.includes(health)) {
    say('light lies', `it is ${health}, the last run ${lastStatus}, ${refused} records are refused and ${uncertain} uncertain`);
  }
  const reasons = findings.filter(({ severity, rule }) => severity !== 'info' && !REMARKS.has(rule)).map(({ rule }) => rule);
  if (lastStatus === 'succeeded' && unfinished === 0 && (reasons.length > 0 || health === 'grey')) {
    say('light lies', `it is ${health} (${reasons.join(', ')}) although everything is across and the last run succeeded`);
  }
}

function judgeNotices(books: Books, resting: boolean, say: Say): void {
  const { audience, findings, incidents, notifications, deliveries, mails, records, light } = books;
  const open = new Set(incidents.filter(({ state }) => state !== 'resolved').map(({ alarm, subject }) => `${alarm} ${subject}`));
  const told = byKey(notifications, ({ incident, kind, user }) => `${incident} ${kind} ${user}`);
  const sendings = byKey(deliveries, ({ notification }) => String(notification));
  if (!light.busy) {
    const causes = new Set(findings.filter(({ rule }) => rule === 'cause_refused').map(({ subject }) => subject));
    for (const { source, state, cause } of records) {
      if (['failed', 'dead'].includes(state) && cause !== null && !causes.has(cause)) say('not told', `no finding names the cause that refused ${source}`);
    }
  }
  if (books.untold > 0) say('not told', `${books.untold} changes of health wait to be told after an evaluation`);
  for (const { rule, subject, severity, urgency } of findings) {
    // What is only watched until the second good run was told when it held the light, or by another alarm (a stuck run).
    if (severity !== 'info' && urgency !== null && !open.has(`${rule} ${subject}`)) say('not told', `${rule} is open and urgent, and there is no incident`);
  }
  for (const { id, alarm, state } of incidents) {
    for (const user of audience) {
      for (const kind of ['opened', ...(state === 'resolved' ? ['recovered'] : [])]) {
        const times = told.get(`${id} ${kind} ${user}`)?.length ?? 0;
        if (times === 0) say('not told', `nobody told ${user} that ${alarm} ${kind}`);
        if (times > 1) say('told twice', `${user} was told ${times} times that ${alarm} ${kind}`);
      }
    }
  }
  for (const { id } of notifications) {
    const of = sendings.get(String(id)) ?? [];
    if (of.length === 0) say('not told', `notification ${id} has no delivery`);
    if (of.length > 1) say('told twice', `notification ${id} has ${of.length} deliveries`);
  }
  const letters = byKey(mails, ({ to }) => to);
  for (const [address, of] of byKey(deliveries, (delivery) => delivery.address)) {
    const count = letters.get(address)?.length ?? 0;
    if (count > of.length) say('told twice', `${count} mails went out to ${address} for ${of.length} deliveries`);
    if (resting && count < of.length) say('not told', `${count} mails went out to ${address} for ${of.length} deliveries`);
  }
  const taken = new Set(mails.map(({ id }) => id));
  for (const { id, state, mail } of deliveries) {
    if (state === 'sent' && (mail === null || !taken.has(mail))) say('not told', `delivery ${id} counts as sent and no mail went out`);
    if (resting && state !== 'sent') say('not told', `delivery ${id} is ${state}`);
  }
}
