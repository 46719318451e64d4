import { z } from 'zod';
import type { Checked, Connector, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { PayloadProblem, prepare, shaped } from '../_kit/payload.ts';
import { call, idOf } from './api.ts';
import type { Context } from './api.ts';
import { entryOf, salaryJson, unknownNumber, voucherJson } from './entry.ts';
import type { Entry, Ids } from './entry.ts';
import { findSlip, findVoucher } from './find.ts';
import { createSessions } from './session.ts';
import { credential, fields, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

const taken = z.object({ value: z.object({ id: z.number() }) });
const named = z.object({ name: z.string().nullish() }).nullish();
const whoAmI = z.object({ value: z.object({ companyId: z.number(), employeeId: z.number(), company: named }) });

async function idsOf(sessions: TokenCache, ctx: Context, entry: Entry): Promise<Ids> {
  const ids: Ids = {};
  for (const named of entry.numbers) {
    const id = await idOf(ctx, sessions, named.target, named.number);
    if (id === null) throw unknownNumber(named);
    ids[named.target] = id;
  }
  return ids;
}

async function send(sessions: TokenCache, ctx: Context, record: OutgoingRecord): Promise<Outcome> {
  const { kind, sendToLedger, generateTaxDeduction } = ctx.settings;
  const prepared = prepare(record, () => entryOf(record, ctx.settings));
  if ('refused' in prepared) return prepared.refused;
  try {
    const ids = await idsOf(sessions, ctx, prepared.ready);
    const response = await (kind === 'voucher'
      ? call(ctx, sessions, `ledger/voucher?sendToLedger=${sendToLedger}`, voucherJson(prepared.ready, ids))
      : call(ctx, sessions, `salary/transaction?generateTaxDeduction=${generateTaxDeduction}`, salaryJson(prepared.ready, ids)));
    return { state: 'exported', externalId: String(shaped(ctx.http, response, taken).value.id), requestId: response.requestId ?? undefined };
  } catch (error) {
    if (error instanceof PayloadProblem) return { state: 'refused', diagnosis: error.diagnosis };
    throw aboutSecondPosting(error);
  }
}

/** The account of the second posting is the balancing one, not the record's. */
function aboutSecondPosting(error: unknown): unknown {
  if (!(error instanceof HttpFailure) || !error.diagnosis.field?.startsWith('postings.account')) return error;
  if (/"path"\s*:\s*"postings\[1\]/.test(error.response ?? '')) error.diagnosis = { ...error.diagnosis, field: 'balancingAccount' };
  return error;
}

async function check(sessions: TokenCache, ctx: Context): Promise<Checked> {
  const response = await call(ctx, sessions, 'token/session/%3EwhoAmI?fields=companyId,employeeId,company(name)');
  const { companyId, employeeId, company } = shaped(ctx.http, response, whoAmI).value;
  const { kind, balancingAccount } = ctx.settings;
  const isUsed = kind === 'voucher' && balancingAccount !== undefined;
  const isMissing = isUsed && await idOf(ctx, sessions, 'balancingAccount', balancingAccount) === null;
  return {
    as: `${company?.name ?? 'company'} (${companyId}), employee ${employeeId}`,
    warnings: isMissing ? [`Tripletex has no account with the number "${balancingAccount}", the balancing account of the settings.`] : [],
  };
}

/**
 * Vouchers and pay slip lines over Tripletex's API v2. It takes new ones one by one (`/ledger/voucher/list` only changes what is
 * there), has no idempotency key, and takes the same external voucher number twice: hence `lookup`.
 */
export function tripletex(sessions: TokenCache): Connector<Settings, Credential> {
  return {
    system: 'tripletex',
    title: 'Tripletex',
    docs: 'https://tripletex.no/v2-docs/',
    settings,
    credential,
    credentialKind: 'api-key',
    dedupe: 'lookup',
    batchSize: 1,
    settlesWithinSeconds: 120,
    fields,
    replaces: false,
    push: (ctx, records) => Promise.all(records.map((record) => send(sessions, ctx, record))),
    find: (ctx, records) => Promise.all(records.map((record) =>
      (ctx.settings.kind === 'voucher' ? findVoucher(sessions, ctx, record) : findSlip(sessions, ctx, record)))),
    check: (ctx) => check(sessions, ctx),
  };
}

export const connector = tripletex(createSessions(() => new Date()));
