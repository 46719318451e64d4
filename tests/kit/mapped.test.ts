import { describe, expect, it } from 'vitest';
import { fieldsOf, jsonOf, mappedValues, stableKey } from '../../supabase/functions/_kit/mapped.ts';
import { PayloadProblem } from '../../supabase/functions/_kit/payload.ts';
import { spending } from '../simulators/records.ts';

const map = { account: 'Account', text: 'Text', active: 'Active', count: 'Count', secret: 'none', amount: 'Amount', currency: 'Currency' };

function written(payload: Record<string, unknown>, change: object = {}, own: Record<string, string> = map): string {
  const [record] = spending(1, { payload, ...change });
  return record ? `{${jsonOf(mappedValues(record, own, 2))}}` : '';
}

function problem(payload: Record<string, unknown>, change: object = {}, own: Record<string, string> = map): unknown {
  try {
    return written(payload, change, own);
  } catch (error) {
    return error instanceof PayloadProblem ? [error.diagnosis.field, error.diagnosis.code] : error;
  }
}

describe('values under the names of a mapping', () => {
  it('stand as they were handed in, the amount digit by digit', () => {
    expect(written({ account: '0040', text: null, active: false, count: 12, secret: 'x' }, { amount: '900719925474099.10' }))
      .toBe('{"Account":"0040","Text":null,"Active":false,"Count":12,"Amount":900719925474099.10,"Currency":"NOK"}');
  });

  it('quote a text of the payload that only calls itself the amount', () => {
    expect(written({ amount: '1,"Account":"2"' }, { amount: null, currency: null })).toBe('{"Amount":"1,\\"Account\\":\\"2\\""}');
  });

  it('leave out a key without a value that nothing is mapped to, and the day unless it is mapped', () => {
    expect(written({ account: '1', colour: '' }, { amount: null, currency: null })).toBe('{"Account":"1"}');
    expect(written({ account: '1' }, { amount: null, currency: null }, { ...map, occurredOn: 'Day' })).toBe(
      '{"Account":"1","Day":"2017-02-07"}',
    );
  });

  it.each([
    ['a key that is not mapped', { colour: 'red' }, {}, map, ['colour', 'payload_unknown_key']],
    ['an amount that is not mapped', {}, { currency: null }, { account: 'Account' }, ['amount', 'payload_unknown_key']],
    ['two keys for one field', { account: '1', text: 'a' }, {}, { ...map, text: 'Account' }, ['text', 'payload_invalid']],
    ['a number that is not whole', { count: 1.5 }, {}, map, ['count', 'payload_invalid']],
    ['a list', { text: ['a'] }, {}, map, ['text', 'payload_invalid']],
    ['more decimals than are booked', {}, { amount: '0.001' }, map, ['amount', 'payload_invalid']],
    ['a day that is none', {}, { occurredOn: '2017-02-30' }, { ...map, occurredOn: 'Day' }, ['occurredOn', 'payload_invalid']],
  ])('refuse %s by its key', (_, payload, change, own, expected) => {
    expect(problem(payload, change, own)).toEqual(expected);
  });

  it('lead back to their keys', () => {
    expect(fieldsOf({ account: 'Account__c', secret: 'none' })).toEqual({
      account: ['Account__c'],
      secret: [],
      amount: [],
      currency: [],
      occurredOn: [],
    });
  });
});

describe('the key of a record in all its versions', () => {
  it('differs where source and number only look alike together', () => {
    expect(stableKey({ sourceType: 'a', sourceId: 'b:c' })).not.toBe(stableKey({ sourceType: 'a:b', sourceId: 'c' }));
    expect(stableKey({ sourceType: 'a', sourceId: 'x' })).not.toBe(stableKey({ sourceType: 'a', sourceId: 'X' }));
    expect(stableKey({ sourceType: 'a', sourceId: 'x' })).toMatch(/^[A-Z2-7]{32}$/);
  });
});
