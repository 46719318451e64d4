import { asObject } from './keys.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * Pushover answers `{ <parameter>: 'invalid', errors: ['…'], status: 0, request }`: the parameter at fault is a key of the body, also
 * where its name is `message`.
 * @see https://pushover.net/api#response
 */
export const pushover: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const body = asObject(answer.json);
    const errors = Array.isArray(body?.errors) ? body.errors.filter((error) => typeof error === 'string') : [];
    if (body === null || errors.length === 0) return null;
    const keys = Object.keys(body).filter((key) => !ABOUT_THE_ANSWER.has(key) && typeof body[key] === 'string');
    const field = keys.find((key) => errors[0]?.includes(key)) ?? keys[0] ?? null;
    return errors.slice(0, 20).map((message) => ({ message, code: null, field, status: null, ...(field === 'token' ? { category: 'auth' } : {}) }));
  },
  refine: (fault) => ({ field: fault.field }),
};

const ABOUT_THE_ANSWER = new Set(['errors', 'status', 'request', 'receipt', 'info', 'secret']);
