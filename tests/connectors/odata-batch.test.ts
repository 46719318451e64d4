import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Http, HttpResponse } from '../../supabase/functions/_kit/http.ts';
import { readBatch, sendBatch } from '../../supabase/functions/_kit/odata-batch.ts';
import type { BatchRequest } from '../../supabase/functions/_kit/odata-batch.ts';
import { openBooks } from '../simulators/books.ts';
import { answerBatch, readBatchRequest } from '../simulators/odata-batch.ts';
import type { BatchOperation } from '../simulators/odata-batch.ts';
import { ODataError } from '../simulators/odata.ts';
import { failureOf, localHttp, testClock } from '../simulators/records.ts';
import { startSimulator } from '../simulators/server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator } from '../simulators/server.ts';

let vendor: Simulator;
let http: Http;
let seen: BatchOperation[];
let answer: (request: SimulatedRequest) => SimulatedAnswer;

function handle(request: SimulatedRequest): SimulatedAnswer {
  try {
    return answer(request);
  } catch (error) {
    if (error instanceof ODataError) return { status: error.status, body: JSON.stringify({ error: { code: '', message: error.message } }) };
    throw error;
  }
}

beforeEach(async () => {
  seen = [];
  answer = (request) => {
    seen = readBatchRequest(request, 10);
    const bad = { status: 400, body: '{"error":{"code":"0x1","message":"It is bad."}}' };
    return answerBatch(request, seen, ({ url, body }) => (url.includes('bad') ? bad : { status: 204, headers: { 'OData-EntityId': url }, body }));
  };
  vendor = await startSimulator({ clock: testClock() }, {
    name: 'OData', books: openBooks({}), scope: () => 'api', handle, refuse: () => ({ status: 500, body: '' }),
    facts: () => [], credential: () => '', rotate: () => '', actions: {},
  });
  http = localHttp('dataverse', testClock(), [], 10_000);
});
afterEach(() => vendor.stop());

const send = (requests: BatchRequest[], changeSets = false) =>
  sendBatch(http, { url: `${vendor.url}/$batch`, headers: { authorization: 'Bearer x' }, changeSets }, requests);
const patch = (url: string, body = '{"a":1}'): BatchRequest => ({ method: 'PATCH', url, body });
const response = (body: string, type = 'multipart/mixed; boundary=b'): HttpResponse =>
  ({ status: 200, headers: { 'content-type': type }, body, requestId: 'whole', json: () => null });

describe('a batch', () => {
  it('is written with CRLF and read back in order, each operation with its own answer', async () => {
    const { parts } = await send([patch('/one(k=\'1\')', '{"a":123456789012345.67}'), { method: 'GET', url: '/two' }, patch('/bad'), patch('/æ', '{"t":"é\\n"}')]);
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['PATCH', '/one(k=\'1\')', '{"a":123456789012345.67}'], ['GET', '/two', ''], ['PATCH', '/bad', '{"a":1}'], ['PATCH', '/æ', '{"t":"é\\n"}'],
    ]);
    expect(parts.map(({ status }) => status)).toEqual([204, 204, 400, 204]);
    expect(parts[0]?.headers['odata-entityid']).toBe('/one(k=\'1\')');
    expect(parts[2]?.json()).toEqual({ error: { code: '0x1', message: 'It is bad.' } });
    expect(parts[3]?.body).toBe('{"t":"é\\n"}');
  });

  it('puts each write into a change set of its own where asked to, and reads outside of one', async () => {
    const { parts } = await send([patch('/one'), { method: 'GET', url: '/two' }, patch('/bad'), patch('/three')], true);
    expect(seen.map(({ changeSet, contentId }) => [changeSet, contentId])).toEqual([[0, '1'], [null, null], [1, '3'], [2, '4']]);
    expect(parts.map(({ status }) => status)).toEqual([204, 204, 400, 204]);
  });

  it('is refused whole with more operations than the service takes', async () => {
    const failure = await failureOf(send(Array.from({ length: 11 }, () => patch('/x'))));
    expect(failure).toMatchObject({ delivered: 'refused', status: 400, diagnosis: { message: 'The number of requests in a batch must not exceed 10; it is 11.' } });
  });

  it('does not believe an answer with fewer parts than operations', async () => {
    const whole = answer;
    answer = (request) => {
      request.headers.prefer = '';
      return { ...whole(request), status: 200 };
    };
    expect(await failureOf(send([patch('/bad'), patch('/two')]))).toMatchObject({ delivered: 'unknown', diagnosis: { code: 'answer_unexpected' } });
  });

  it('is in doubt when it is refused whole behind a part that was carried out', async () => {
    const whole = answer;
    answer = (request) => {
      request.headers.prefer = '';
      return whole(request);
    };
    expect(await failureOf(send([patch('/one'), patch('/bad')]))).toMatchObject({ delivered: 'unknown', status: 400, diagnosis: { message: 'It is bad.' } });
    expect(await failureOf(send([patch('/bad'), patch('/one')]))).toMatchObject({ delivered: 'refused', status: 400 });
  });

  it('is not written with a line end in an address', async () => {
    await expect(send([patch('/x HTTP/1.1\r\nIf-Match: *')])).rejects.toThrow('line end');
    expect(seen).toEqual([]);
  });
});

describe('reading a batch answer', () => {
  const part = 'Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 204 No Content\r\nREQ_ID: own\r\n\r\n\r\n';

  it('takes line feeds, quotes around the boundary, and a status line without reason', () => {
    const body = '--b\nContent-Type: application/http\n\nHTTP/1.1 200\nContent-Type: application/json\n\n{"a":1}\n--b--';
    expect(readBatch(response(body, 'Multipart/Mixed; charset=utf-8; boundary="b"'))).toMatchObject([{ status: 200, body: '{"a":1}', requestId: 'whole' }]);
  });

  it('names each part by its own request id where it has one', () => {
    expect(readBatch(response(`--b\r\n${part}--b--\r\n`))).toMatchObject([{ status: 204, body: '', requestId: 'own' }]);
  });

  it.each([
    ['without its end', `--b\r\n${part}`],
    ['of another kind', '{}', 'application/json'],
    ['without a boundary', `--b\r\n${part}--b--`, 'multipart/mixed'],
    ['whose part is no answer', '--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--'],
    ['whose part has no status', '--b\r\nContent-Type: application/http\r\n\r\nhello\r\n--b--'],
    ['whose delimiter is only the beginning of a line', `--b\r\n${part}--bc\r\n${part}--b--`],
    ['that is empty', ''],
  ])('is nothing for an answer %s', (_, body, type = 'multipart/mixed; boundary=b') => {
    expect(readBatch(response(body, type))).toBeNull();
  });
});
