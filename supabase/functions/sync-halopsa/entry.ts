import type { OutgoingRecord } from '../_kit/connector.ts';
import { jsonOf as jsonAt } from '../_kit/json-pointer.ts';
import { mappedValues } from '../_kit/mapped.ts';
import { PayloadProblem, shortKey } from '../_kit/payload.ts';
import type { Settings } from './settings.ts';

/** Leaves room for our key in a summary of 255 characters, which is what Halo's own screens take; the interface names no limit. */
const LONGEST_TITLE = 225;
const CUSTOM = 'customfields.';

/** Our key, at the end of the summary: of what a list shows and can be searched by, the summary is the one field we may write. */
export function markOf({ key }: Pick<OutgoingRecord, 'key'>): string {
  return `[SW-${shortKey(key, 20)}]`;
}

/** The ticket or opportunity for a record as JSON text; throws `PayloadProblem` naming the payload key that is missing or wrong. */
export function entryOf(record: OutgoingRecord, { map, decimals, ticketTypeId }: Settings): string {
  const places: [string, string][] = ticketTypeId === undefined ? [] : [['/tickettype_id', String(ticketTypeId)]];
  const custom: string[] = [];
  let summary: string | null = null;
  for (const { key, target, text, isPlain } of mappedValues(record, map, decimals)) {
    if (text === null) continue;
    if (target === 'summary') summary = titleOf(key, text);
    else if (target.startsWith(CUSTOM)) {
      custom.push(`{"name":${JSON.stringify(target.slice(CUSTOM.length))},"value":${isPlain ? text : JSON.stringify(text)}}`);
    } else places.push([`/${target}`, target.endsWith('_id') ? idOf(key, text) : isPlain ? text : JSON.stringify(text)]);
  }
  if (summary === null) {
    const key = Object.keys(map).find((name) => map[name] === 'summary') ?? 'summary';
    throw new PayloadProblem(key, `The record has no "${key}".`, 'payload_missing');
  }
  places.push(['/summary', JSON.stringify(`${summary} ${markOf(record)}`)]);
  if (custom.length > 0) places.push(['/customfields', `[${custom.join(',')}]`]);
  return jsonAt(places);
}

function titleOf(key: string, text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length > LONGEST_TITLE) {
    throw new PayloadProblem(key, `"${key}" has ${line.length} characters; the system takes ${LONGEST_TITLE}.`, 'payload_invalid');
  }
  return line;
}

function idOf(key: string, text: string): string {
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new PayloadProblem(key, `"${key}" must be a number of Halo's; it is "${text.slice(0, 40)}".`, 'payload_invalid');
  }
  return text;
}
