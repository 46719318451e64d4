import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import type { SystemReader } from './types.ts';

/** @see https://resend.com/docs/api-reference/errors */
export const resend: SystemReader = {
  refine: (fault) => byCode(CODES, fault.code),
};

const CODES: CodeTable = [
  [/^(?:missing_api_key|invalid_api_key)$/, 'auth'],
  [/^(?:restricted_api_key|security_error)$/, 'permission'],
  [/^(?:rate_limit_exceeded|daily_quota_exceeded|monthly_quota_exceeded)$/, 'rate_limit'],
  [/^concurrent_idempotent_requests$/, 'conflict', true],
  [/^invalid_idempotent_request$/, 'conflict', false],
  [/^(?:application_error|internal_server_error)$/, 'server'],
  [/^method_not_allowed$/, 'schema'],
];
