import { Buffer } from 'node:buffer';
import type { ConnectorContext, OutgoingRecord } from '../_kit/connector.ts';
import type { HttpRequest, HttpResponse } from '../_kit/http.ts';
import { mappedValues, stableKey } from '../_kit/mapped.ts';
import type { Credential, Settings } from './settings.ts';

export type Context = ConnectorContext<Settings, Credential>;
export type Item = Record<string, unknown>;

/** https://developer.zendesk.com/api-reference/introduction/security-and-auth/#api-token */
export function call(ctx: Context, path: string, request: Omit<HttpRequest, 'url'> = {}): Promise<HttpResponse> {
  const { email, token } = ctx.credential;
  return ctx.http.send({
    ...request,
    url: `${ctx.settings.baseUrl.replace(/\/+$/, '')}/api/v2/${path}`,
    headers: { ...request.headers, authorization: `Basic ${Buffer.from(`${email}/token:${token}`).toString('base64')}` },
  });
}

/**
 * Our key over there. A user is one thing in all its versions; a ticket carries the key of the version it shows, so that asking for it tells
 * whether just that version came.
 */
export function externalIdOf(record: OutgoingRecord, { kind }: Settings): string {
  return kind === 'users' ? stableKey(record) : record.key;
}

/** Decimals go as text, which Zendesk takes and gives back for its own fields. */
export function itemOf(record: OutgoingRecord, settings: Settings): Item {
  const item: Item = { external_id: externalIdOf(record, settings) };
  const ownFields: Item = {};
  const requester: Item = {};
  for (const { key, target, text, isPlain } of mappedValues(record, settings.map, settings.decimals)) {
    const value: unknown = isPlain && key !== 'amount' && text !== null ? JSON.parse(text) : text;
    if (target.startsWith('field:')) ownFields[target.slice('field:'.length)] = value;
    else if (target.startsWith('requester.')) requester[target.slice('requester.'.length)] = value;
    else if (target === 'comment') item.comment = { body: value };
    else item[target] = value;
  }
  if (Object.keys(requester).length > 0) item.requester = requester;
  if (Object.keys(ownFields).length === 0) return item;
  if (settings.kind === 'users') return { ...item, user_fields: ownFields };
  return { ...item, custom_fields: Object.entries(ownFields).map(([id, value]) => ({ id: /^\d+$/.test(id) ? Number(id) : id, value })) };
}
