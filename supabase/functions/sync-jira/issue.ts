import type { OutgoingRecord } from '../_kit/connector.ts';
import { jsonOf } from '../_kit/json-pointer.ts';
import { amountOf, dayOf, PayloadProblem, shortKey, textsOf } from '../_kit/payload.ts';
import type { Settings } from './settings.ts';

/** Jira's own limits: https://support.atlassian.com/jira-cloud-administration/docs/jira-cloud-field-limits (255 and 32 767 characters). */
const SUMMARY = 255;
const DESCRIPTION = 32_767;

/**
 * Our key on the issue: a label, the one thing of an issue's own that JQL finds without an app installed on the site. Somebody who takes
 * the label away makes the issue unknown to us; entity properties would stay, but only an app's can be searched.
 */
export function labelOf({ key }: Pick<OutgoingRecord, 'key'>): string {
  return `syncward-${shortKey(key, 26)}`;
}

/** The issue for a record as JSON text; throws `PayloadProblem` naming the payload key that is missing or wrong. */
export function issueOf(record: OutgoingRecord, settings: Settings): string {
  const { map, priorities, amountField, project, issueType, labels } = settings;
  const places = new Map<string, string>();
  const texts = textsOf(
    record,
    (key) => Object.hasOwn(map, key),
    (key) => (map[key] === 'summary' ? SUMMARY : map[key] === 'description' ? DESCRIPTION : null),
  );
  const details: string[] = [];
  let description = '';
  let summary = '';
  for (const [key, text] of texts) {
    const to = map[key] ?? 'none';
    const place = `/fields/${to.replace('.', '/')}`;
    if (to === 'none') continue;
    if (to === 'details') details.push(`${key}: ${text}`);
    else if (places.has(place) || (to === 'summary' && summary) || (to === 'description' && description)) {
      throw new PayloadProblem(key, `"${key}" and another key of this record both go to ${to}.`, 'payload_invalid');
    } else if (to === 'summary') summary = text.replace(/\s+/g, ' ').trim();
    else if (to === 'description') description = text;
    else if (to === 'priority') places.set(place, JSON.stringify({ name: priorities[text] ?? text }));
    else if (to === 'assignee') places.set(place, JSON.stringify({ accountId: text }));
    else places.set(place, JSON.stringify(to === 'duedate' ? dayOf(key, text) : text));
  }
  if (summary === '') {
    const key = Object.keys(map).find((name) => map[name] === 'summary') ?? 'summary';
    throw new PayloadProblem(key, `The record has no "${key}".`, 'payload_missing');
  }
  if (record.amount !== null) {
    const amount = amountOf(record, 4);
    // A number of JavaScript's would be rounded to 15 or so digits.
    if (amountField) places.set(`/fields/${amountField}`, amount);
    else details.push(`amount: ${amount}${record.currency ? ` ${record.currency}` : ''}`);
  }
  return jsonOf([
    ['/fields/project/key', JSON.stringify(project)],
    ['/fields/issuetype/name', JSON.stringify(issueType)],
    ['/fields/summary', JSON.stringify(summary)],
    ['/fields/labels', JSON.stringify([labelOf(record), ...labels])],
    ['/fields/description', JSON.stringify(documentOf([description, details.join('\n')]))],
    ...places,
  ]);
}

type Node = { type: string; text?: string; content?: Node[] };

/** Plain text as Atlassian's document format: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure */
function documentOf(parts: string[]): Node & { version: 1 } {
  const paragraphs = parts.flatMap((part) => part.split(/\n\s*\n/)).filter((text) => text.trim() !== '');
  return { type: 'doc', version: 1, content: paragraphs.map((text) => ({ type: 'paragraph', content: linesOf(text) })) };
}

/** A text node may not be empty, and a line end inside one is not shown. */
function linesOf(paragraph: string): Node[] {
  return paragraph.split(/\r?\n/).flatMap((line, index): Node[] => [
    ...(index > 0 ? [{ type: 'hardBreak' }] : []),
    ...(line === '' ? [] : [{ type: 'text', text: line }]),
  ]);
}
