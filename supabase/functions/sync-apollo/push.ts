import { z } from 'zod';
import type { Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import { mappedValues, refusedPart } from '../_kit/mapped.ts';
import { PayloadProblem, prepare, shaped } from '../_kit/payload.ts';
import { call } from './api.ts';
import type { Context } from './api.ts';
import type { Settings } from './settings.ts';

type Body = Record<string, unknown>;

const taken = z.object({ contact: z.looseObject({ id: z.string().min(1), custom_field_errors: z.record(z.string(), z.unknown()).nullish() }) });

/**
 * Everything goes as text, amounts digit by digit; the empty text empties a field. Without an e-mail address Apollo would go by name and
 * company, which two people may share, or by nothing.
 */
function bodyOf(record: OutgoingRecord, { map, decimals }: Settings): Body {
  const body: Body = {};
  const custom: Record<string, string> = {};
  for (const { target, text } of mappedValues(record, map, decimals)) {
    if (target.startsWith('custom:')) custom[target.slice('custom:'.length)] = text ?? '';
    else body[target] = text ?? '';
  }
  if (typeof body.email !== 'string' || !body.email.includes('@')) {
    const key = Object.keys(map).find((name) => map[name] === 'email') ?? 'email';
    throw new PayloadProblem(key, `The record has no "${key}", by which Apollo knows a contact.`, 'payload_missing');
  }
  return Object.keys(custom).length === 0 ? body : { ...body, typed_custom_fields: custom };
}

export async function push(ctx: Context, records: OutgoingRecord[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const record of records) {
    const prepared = prepare(record, () => bodyOf(record, ctx.settings));
    outcomes.push('refused' in prepared ? prepared.refused : await send(ctx, record, prepared.ready));
  }
  return outcomes;
}

/**
 * A contact that is known to us is changed by its id, without any matching; one that is not is created with `run_dedupe`, which changes
 * the contact of the same e-mail address where there is one.
 * https://docs.apollo.io/reference/create-a-contact
 */
async function send(ctx: Context, { externalId }: OutgoingRecord, body: Body): Promise<Outcome> {
  const sent = externalId === null
    ? call(ctx, 'contacts', { ...body, run_dedupe: true })
    : call(ctx, `contacts/${encodeURIComponent(externalId)}`, body, 'PATCH');
  const response = await sent.catch((error: unknown) => {
    throw error instanceof HttpFailure ? named(error, body) : error;
  });
  const { id, custom_field_errors: errors } = shaped(ctx.http, response, taken).contact;
  if (errors && Object.keys(errors).length > 0) return { ...refusedPart(ctx.http, response, { status: 422, body: { errors } }), externalId: id };
  return { state: 'exported', externalId: id, requestId: response.requestId ?? undefined };
}

/** "Parameters misconfigured. 2342432 is not a valid ID" names the value; the field is the one that was sent with it. */
function named(failure: HttpFailure, body: Body): HttpFailure {
  const value = /misconfigured\. (\S{1,100}) is not a valid ID/.exec(failure.diagnosis.message)?.[1];
  const field = Object.keys(body).find((name) => value !== undefined && body[name] === value);
  if (field !== undefined) failure.diagnosis = { ...failure.diagnosis, field };
  return failure;
}
