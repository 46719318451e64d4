import { expect, test } from 'vitest';
import { balance, type Stage, type Violation } from '../../scripts/torture/balance.ts';
import type { Books } from '../../scripts/torture/books.ts';

const sent = (id: string, notification: number, address: string, mail: string): Books['deliveries'][number] =>
  ({ id, notification, state: 'sent', address, mail });

/** Two records across, one refused, and two people told of it: books with nothing wrong in them. */
function soundBooks(): Books {
  return {
    front: 'key',
    handed: ['C-1', 'C-2', 'C-3'],
    records: [
      { source: 'C-1', key: 'k1', state: 'exported', cause: null },
      { source: 'C-2', key: 'k2', state: 'exported', cause: null },
      { source: 'C-3', key: 'k3', state: 'failed', cause: '7' },
    ],
    ledger: { before: ['k1', 'k2'], after: ['k1', 'k2'] },
    landedTwice: [],
    runs: [{ id: 1, over: true, selected: 3, sum: 3 }],
    light: { health: 'yellow', busy: false, lastStatus: 'warning', refused: 1, uncertain: 0, unfinished: 1 },
    findings: [{ rule: 'cause_refused', subject: '7', severity: 'yellow', urgency: 'medium' }],
    audience: ['olga', 'arne'],
    untold: 0,
    incidents: [{ id: 4, alarm: 'cause_refused', subject: '7', state: 'open' }],
    notifications: [{ id: 11, incident: 4, kind: 'opened', user: 'olga' }, { id: 12, incident: 4, kind: 'opened', user: 'arne' }],
    deliveries: [sent('d11', 11, 'olga', 'm1'), sent('d12', 12, 'arne', 'm2')],
    mails: [{ id: 'm1', to: 'olga' }, { id: 'm2', to: 'arne' }],
  };
}

/** What the checker finds once the books are spoiled in one way. */
function spoiled(spoil: (books: Books) => void, stage: Stage = 'resting'): Violation['wrong'][] {
  const books = soundBooks();
  spoil(books);
  return [...new Set(balance(books, stage).map(({ wrong }) => wrong))];
}

test('sound books are found sound, under way and at rest', () => {
  expect(spoiled(() => undefined)).toEqual([]);
  expect(spoiled(() => undefined, 'under way')).toEqual([]);
});

test.each<[string, Violation['wrong'], (books: Books) => void]>([
  ['a record that stands twice in the ledger', 'accepted twice', (books) => books.ledger.after.push('k1')],
  ['a record that was recorded as across twice', 'accepted twice', (books) => books.landedTwice.push('1 version 1')],
  ['a record that was handed in and is gone', 'lost', (books) => books.handed.push('C-4')],
  ['a record that counts as across and never got there', 'lost', (books) => { books.ledger = { before: ['k1'], after: ['k1'] }; }],
  ['a record in a state there is not', 'in no state', (books) => { books.records[2]!.state = 'sent'; }],
  ['a record that is there twice', 'in no state', (books) => books.records.push({ ...books.records[0]! })],
  ['a refused record that the vendor has', 'books disagree', (books) => { books.ledger = { before: ['k1', 'k2', 'k3'], after: ['k1', 'k2', 'k3'] }; }],
  ['an entry of the vendor that is no record of ours', 'books disagree', (books) => { books.ledger = { before: ['k1', 'k2', 'k9'], after: ['k1', 'k2', 'k9'] }; }],
  ['a run that accounts for less than it selected', 'run does not balance', (books) => { books.runs[0]!.sum = 2; }],
  ['a green light over a refused record', 'light lies', (books) => { books.light.health = 'green'; }],
  ['a yellow light over a failed run', 'light lies', (books) => { books.light.lastStatus = 'failed'; }],
  ['a missing mail', 'not told', (books) => books.mails.pop()],
  ['a mail to another than the one it was for', 'not told', (books) => { books.deliveries[0]!.mail = 'm9'; }],
  ['a missing delivery', 'not told', (books) => { books.deliveries.pop(); books.mails.pop(); }],
  ['a member nobody told', 'not told', (books) => { books.notifications.pop(); books.deliveries.pop(); books.mails.pop(); }],
  ['an urgent finding without an incident', 'not told', (books) => { books.incidents = []; books.notifications = []; books.deliveries = []; books.mails = []; }],
  ['a refused record whose cause no finding names', 'not told', (books) => { books.records[2]!.cause = '8'; }],
  ['a recovery nobody was told of', 'not told', (books) => { books.incidents[0]!.state = 'resolved'; books.findings = []; books.records[2]!.cause = null; }],
  ['a change of health that waits to be told', 'not told', (books) => { books.untold = 1; }],
  ['a mail that went out twice', 'told twice', (books) => books.mails.push({ id: 'm3', to: 'olga' })],
  ['a second notice of the same', 'told twice', (books) => {
    books.notifications.push({ id: 13, incident: 4, kind: 'opened', user: 'olga' });
    books.deliveries.push(sent('d13', 13, 'olga', 'm3'));
    books.mails.push({ id: 'm3', to: 'olga' });
  }],
  ['a second delivery of one notice', 'told twice', (books) => { books.deliveries.push(sent('d14', 11, 'olga', 'm3')); books.mails.push({ id: 'm3', to: 'olga' }); }],
])('%s is found', (_what, wrong, spoil) => {
  expect(spoiled(spoil)).toEqual([wrong]);
});

test('what is still on its way, or still refused, is found where it may not be any more', () => {
  const onItsWay = (books: Books): void => { books.records[2]!.state = 'uncertain'; };
  expect(spoiled(onItsWay, 'under way')).toEqual([]);
  expect(spoiled(onItsWay)).toEqual(['not at rest']);
  expect(spoiled(() => undefined, 'mended')).toEqual(['not at rest']);
  expect(spoiled((books) => { books.runs[0]!.over = false; })).toEqual(['not at rest']);
});

test('what is only watched until the second good run needs no incident of its own: a stuck run was told as such', () => {
  expect(spoiled((books) => { books.findings.push({ rule: 'sync_failing', subject: '', severity: 'info', urgency: 'high' }); })).toEqual([]);
});

test('a light is not judged while a run is under way, and a remark may colour it when all is well', () => {
  expect(spoiled((books) => { books.light.busy = true; books.light.health = 'green'; }, 'under way')).toEqual([]);
  const well = (rule: string) => (books: Books): void => {
    books.light = { health: 'yellow', busy: false, lastStatus: 'succeeded', refused: 0, uncertain: 0, unfinished: 0 };
    books.records[2] = { source: 'C-3', key: 'k3', state: 'exported', cause: null };
    books.ledger = { before: ['k1', 'k2', 'k3'], after: ['k1', 'k2', 'k3'] };
    books.findings = [{ rule, subject: '', severity: 'yellow', urgency: null }];
    books.incidents = [];
    books.notifications = [];
    books.deliveries = [];
    books.mails = [];
  };
  expect(spoiled(well('rate_limited'))).toEqual([]);
  expect(spoiled(well('refused_open'))).toEqual(['light lies']);
});
