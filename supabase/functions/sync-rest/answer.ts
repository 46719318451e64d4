import type { Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { diagnose } from '../_kit/diagnose.ts';
import type { Diagnosis } from '../_kit/diagnose.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { exactJson, textAt, valueAt } from '../_kit/json-pointer.ts';
import { unexpected } from '../_kit/payload.ts';
import { keyOf, payloadKey } from './body.ts';
import type { Context } from './call.ts';
import type { Push } from './settings.ts';

/** An answer to what was sent. One without a body says nothing, unless it is 204 or the settings know better. */
export function answerTo(ctx: Context, push: Push, response: HttpResponse): unknown {
  const isSilent = response.body.trim() === '' && response.status !== 204 && !push.answer.mayBeEmpty;
  if (isSilent) throw unexpected(ctx.http, response, 'it is empty');
  return jsonIn(response);
}

/** The body as JSON, long numbers whole. */
export function jsonIn(response: HttpResponse): unknown {
  if (response.body.trim() === '') return null;
  response.json();
  return exactJson(response.body);
}

/** What a record's own answer says: the whole answer, or its part of a batch. */
export function outcomeOf(ctx: Context, push: Push, record: OutgoingRecord, response: HttpResponse, json: unknown): Outcome {
  const { ok, externalId } = push.answer;
  const requestId = response.requestId ?? undefined;
  if (ok) {
    const verdict = valueAt(json, ok.at);
    if (verdict === undefined) throw unexpected(ctx.http, response, `nothing at ${ok.at || 'its beginning'}`);
    if (!ok.in.includes(verdict as string)) {
      const part = { status: 422, headers: {}, body: JSON.stringify(json) };
      return {
        state: 'refused',
        diagnosis: told(diagnose('rest', part), json, push),
        status: response.status,
        response: part.body,
        requestId,
      };
    }
  }
  return { state: 'exported', externalId: textAt(json, externalId) ?? keyOf(record, push), requestId };
}

/** One part of a batch's answer for each record, in the order of the records. A record without one leaves all of them open. */
export function partsOf(ctx: Context, push: Push, records: OutgoingRecord[], response: HttpResponse): unknown[] {
  const { results } = push.answer;
  const json = answerTo(ctx, push, response);
  if (typeof results !== 'object') {
    const { ok } = push.answer;
    const verdict = ok && valueAt(json, ok.at);
    // All of it was refused for one of them: the kit halves it until that one stands alone.
    if (ok && verdict !== undefined && !ok.in.includes(verdict as string)) throw explained(ctx.http.failure(response, 'refused'), push);
    return records.map(() => json);
  }
  const parts = valueAt(json, results.at);
  if (!Array.isArray(parts)) throw unexpected(ctx.http, response, `no list at ${results.at || 'its beginning'}`);
  if (results.by === 'order' && parts.length !== records.length) {
    throw unexpected(ctx.http, response, `${parts.length} results for ${records.length} records`);
  }
  const placed = new Map(parts.map((part: unknown, index) => [results.by === 'order' ? String(index) : textAt(part, results.place), part]));
  return records.map((record, index) => {
    const part = placed.get(results.by === 'key' ? keyOf(record, push) : String(index));
    if (part === undefined) throw unexpected(ctx.http, response, `no result for record ${index + 1}`);
    return part;
  });
}

/** A refusal as `ctx.http` throws it, with what the settings know about where things stand. */
export function explained(error: unknown, push: Push): unknown {
  if (!(error instanceof HttpFailure) || error.status === null || error.delivered !== 'refused' || error.response === null) return error;
  let json: unknown;
  try {
    json = exactJson(error.response);
  } catch {
    return error;
  }
  const { delivered, status, response, requestId, retryAfterSeconds } = error;
  return new HttpFailure({ diagnosis: told(error.diagnosis, json, push), delivered, status, response, requestId, retryAfterSeconds });
}

function told(read: Diagnosis, json: unknown, push: Push): Diagnosis {
  const { message, code, field, codes } = push.answer;
  const saidCode = textAt(json, code) ?? read.code;
  const blamed = textAt(json, field) ?? read.field;
  const category = saidCode !== null && Object.hasOwn(codes, saidCode) ? codes[saidCode] : undefined;
  return {
    message: textAt(json, message) ?? read.message,
    code: saidCode,
    field: blamed === null ? null : payloadKey(blamed, push),
    category: category ?? read.category,
    retryable: category === undefined ? read.retryable : category === 'rate_limit' || category === 'server',
  };
}
