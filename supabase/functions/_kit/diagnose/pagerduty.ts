import { generalFaults } from './general.ts';
import { inKeys } from './keys.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * PagerDuty's events API gives its code as `status`, in words: "invalid event", "throttle exceeded".
 * @see https://developer.pagerduty.com/docs/send-alert-event
 * @see https://developer.pagerduty.com/docs/errors
 */
export const pagerduty: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const status = inKeys(answer.json).get('status');
    if (typeof status !== 'string' || !/^[a-z]+ [a-z ]+$/i.test(status)) return null;
    const found = generalFaults(answer, 100);
    return found.length === 0 ? [{ message: status, code: status, field: null, status: null }] : found.map((fault) => ({ ...fault, code: status }));
  },
  refine(fault: Fault): Partial<Fault> {
    if (/^throttle exceeded$|^2020$/.test(fault.code ?? '')) return { category: 'rate_limit' };
    if (/^(?:2003|2010)$/.test(fault.code ?? '')) return { category: 'permission' };
    if (/^2006$/.test(fault.code ?? '')) return { category: 'auth' };
    return {};
  },
};
