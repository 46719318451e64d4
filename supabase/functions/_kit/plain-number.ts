import type { MappedValue } from './mapped.ts';
import { PayloadProblem } from './payload.ts';

/** A value for a field that takes a number, to be written as it was handed in: a number of JavaScript's would be rounded. */
export function plainNumber(value: MappedValue): MappedValue {
  if (value.text !== null && !/^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?$/.test(value.text)) {
    throw new PayloadProblem(value.key, `"${value.key}" must be a number; it is "${value.text.slice(0, 40)}".`, 'payload_invalid');
  }
  return { ...value, isPlain: true };
}
