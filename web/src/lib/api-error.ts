import { AUTH_UNREACHABLE, NO_SESSION } from './client.ts';

/** Why a read or an action failed, as far as the page must treat it differently. */
export type ErrorKind = 'session' | 'auth_down' | 'forbidden' | 'unreachable' | 'refused' | 'server' | 'shape';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly status: number;
  readonly hint: string | null;

  constructor(kind: ErrorKind, facts: { message: string; code?: string; status?: number; hint?: string | null }) {
    super(facts.message);
    this.kind = kind;
    this.code = facts.code ?? '';
    this.status = facts.status ?? 0;
    this.hint = facts.hint ?? null;
  }
}

type Refusal = { message: string; code?: string | null; hint?: string | null };

function kindOf(code: string, status: number): ErrorKind {
  if (code === NO_SESSION || status === 401) return 'session';
  if (code === AUTH_UNREACHABLE) return 'auth_down';
  if (status === 0) return 'unreachable';
  if (/^SW\d/.test(code)) return 'refused';
  if (status === 403 || code === '42501') return 'forbidden';
  return status >= 500 ? 'server' : 'refused';
}

/** Turns a PostgREST answer's error into the page's own. Status 0 means that no answer came. */
export function toApiError(error: Refusal, status: number): ApiError {
  const code = error.code ?? '';
  return new ApiError(kindOf(code, status), { message: error.message, code, status, hint: error.hint || null });
}

/** Whether asking again by itself may help. */
export const mayPass = (error: unknown): boolean =>
  error instanceof ApiError && (error.kind === 'unreachable' || error.kind === 'server');
