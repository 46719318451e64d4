import { tokensOf } from '../_kit/json-pointer.ts';
import type { Place, Pull, Push, Settings } from './settings.ts';

type Contradiction = { path: string[]; message: string };
/** Questions that fit into the time one call of a connector has, where each takes half a second. */
const MOST_QUESTIONS = 100;

type Given = Pick<Settings, 'auth' | 'push' | 'pull'>;

/** Settings that fit the schema one by one and cannot be true together, each with the sentence that says so. */
export function contradictions(given: Given): Contradiction[] {
  const nothing = given.push || given.pull ? [] : [{ path: ['push'], message: 'Neither push nor pull is described: nothing could move.' }];
  return [...nothing, ...(given.push ? inPush(given.push, given) : []), ...(given.pull ? inPull(given.pull, given) : [])];
}

function inPush(push: Push, { auth }: Given): Contradiction[] {
  const { send, body, answer, dedupe } = push;
  const found: Contradiction[] = [];
  const say = (path: string, message: string): void => void found.push({ path: ['push', ...path.split('.')], message });
  const own = new Set(placeholders(send.path));
  const unknown = [...own].find((name) => !['key', 'sourceId', 'sourceType'].includes(name));
  if (unknown !== undefined) say('send.path', `{${unknown}} is not known; there are {key}, {sourceType} and {sourceId}.`);
  if (send.batch && own.size > 0) say('send.path', 'A batch goes to one path for all its records; a placeholder stands for one record.');
  if (send.batch && !answer.results) {
    say('answer.results', 'A batch needs results: without them nobody could tell which of its records was taken. Or "all_or_nothing".');
  }
  if (!send.batch && answer.results) say('answer.results', 'Results belong to a batch; this integration sends one record at a time.');
  if (answer.results === 'all_or_nothing' && answer.externalId !== undefined) {
    say('answer.externalId', 'One answer for the whole batch has no id for each of its records.');
  }
  if (typeof answer.results === 'object') {
    if (!answer.ok) say('answer.ok', 'Results need a sign by which a taken record is told from a refused one.');
    if (answer.results.by !== 'order' && answer.results.place === undefined) {
      say('answer.results.place', `Results matched by ${answer.results.by} need the place where it stands.`);
    }
    if (answer.results.by === 'key' && !body.key) say('body.key', 'Results are matched by our key, and the body does not carry it.');
  }
  for (const name of Object.keys(send.headers)) {
    if (isReserved(name, auth)) say('send.headers', `The header ${name} is written by the connector itself.`);
  }
  const clash = clashIn(placesOf(push));
  if (clash) say('body', clash);
  if (dedupe.by === 'key' && isReserved(dedupe.header, auth)) {
    say('dedupe.header', `The header ${dedupe.header} is written by the connector itself.`);
  }
  inDedupe(push, own, say);
  return found;
}

function inDedupe({ send, body, dedupe }: Push, own: Set<string>, say: (path: string, message: string) => void): void {
  if (dedupe.by === 'upsert') {
    if (!own.has('key') && !own.has('sourceId')) {
      say('send.path', 'To be stored under our id the path must hold it: {key}, or {sourceType} and {sourceId}.');
    }
    if (send.method === 'POST') say('send.method', 'A POST adds; what is stored under our id is written with PUT (or PATCH).');
    if (own.has('sourceId') && !own.has('sourceType')) {
      say('send.path', 'Records of two kinds may have the same {sourceId}: the path must hold {sourceType} as well.');
    }
    if (dedupe.replaces && own.has('key')) {
      say(
        'dedupe.replaces',
        'Every version has a key of its own: a later one would stand beside the first. Use {sourceType} and {sourceId}.',
      );
    }
  }
  if (dedupe.by === 'key' && send.batch) {
    say('dedupe.by', 'One header cannot stand for the keys of a whole batch: its next sending may hold other records.');
  }
  if (dedupe.by === 'lookup') {
    if ((send.batch?.size ?? 1) > MOST_QUESTIONS) {
      say(
        'send.batch.size',
        `After a lost answer every record is asked for by itself: at most ${MOST_QUESTIONS} at once, or there is no time.`,
      );
    }
    if (!placeholders(dedupe.path).includes('key')) say('dedupe.path', 'The question must hold {key}.');
    const strange = placeholders(dedupe.path).find((name) => name !== 'key');
    if (strange !== undefined) say('dedupe.path', `{${strange}} cannot be asked for; the question is about {key}.`);
    if (!body.key && !own.has('key')) say('body.key', 'What is looked up by our key must carry it: in the body or in the path.');
  }
}

function inPull(pull: Pull, { auth }: Given): Contradiction[] {
  const { since, paging } = pull;
  const found: Contradiction[] = [];
  const say = (path: string, message: string): void => void found.push({ path: ['pull', ...path.split('.')], message });
  if (since && pull.changedAt === undefined) say('changedAt', 'To ask for what changed since, the place of that time must be known.');
  if (since && paging.by === 'cursor' && paging.keeps) say('since', 'A cursor that is kept and a time are two beginnings of the same run.');
  if (placeholders(pull.path).length > 0) say('path', 'A list has no placeholders.');
  const names = [since?.param, 'param' in paging ? paging.param : undefined, auth.kind === 'query' ? auth.name : undefined].filter((name) =>
    name
  );
  const written = [...new URL(pull.path, 'https://example.org').searchParams.keys()];
  const twice = [...names, ...written].find((name, place, all) => all.indexOf(name) !== place);
  if (twice !== undefined) say('path', `The parameter ${twice} would stand in the address twice.`);
  return found;
}

const placeholders = (path: string): string[] => [...path.matchAll(/\{(\w*)\}/g)].map(([, name = '']) => name);

function isReserved(name: string, auth: Given['auth']): boolean {
  const taken = ['authorization', 'content-type', 'content-length', 'host', 'cookie', ...(auth.kind === 'header' ? [auth.name] : [])];
  return taken.some((one) => one.toLowerCase() === name.toLowerCase());
}

function placesOf({ body }: Push): [string, string][] {
  const own = ['key', 'amount', 'currency', 'occurredOn', 'sourceType', 'sourceId'] as const;
  return [
    ...Object.entries(body.map).flatMap(([key, to]): [string, string][] => (to === 'none' ? [] : [[`"${key}"`, to.at]])),
    ...own.flatMap((name): [string, string][] => (body[name] ? [[`the record’s ${name}`, (body[name] as Pick<Place, 'at'>).at]] : [])),
    ...Object.keys(body.constants).map((at): [string, string] => [`the constant ${at}`, at]),
  ];
}

function clashIn(places: [string, string][]): string | null {
  for (const [index, [name, at]] of places.entries()) {
    if (at === '') return `${name} would be the whole body.`;
    for (const [other, beside] of places.slice(0, index)) {
      if (at === beside) return `${name} and ${other} both go to ${at}.`;
      const [a, b] = [tokensOf(at), tokensOf(beside)];
      const shorter = a.length < b.length ? a : b;
      if (shorter.every((token, depth) => token === a[depth] && token === b[depth])) {
        return `${name} and ${other} go into each other: ${at} and ${beside}.`;
      }
    }
  }
  return null;
}
