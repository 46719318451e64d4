import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { openOutbox, type Integration } from '../../scripts/import/outbox.ts';
import type { ImportRecord } from '../../scripts/import/row-reader.ts';

const integration: Integration = { id: 'i', org_id: 'o', slug: 'books', system: 'xledger', organization: 'harbour' };
const record = (id: string): ImportRecord => ({
  source_type: 'invoice', source_id: id, payload: {}, amount: null, currency: null, occurred_on: null, label: null,
});

type Answer = { status: number; body: unknown };
let server: Server | undefined;

afterEach(() => new Promise((closed) => {
  server?.closeAllConnections();
  if (server) server.close(closed);
}));

/** An outbox that answers each batch as told; the pauses of the importer are noted, not waited for. */
async function outbox(answer: (ids: string[], call: number) => Answer) {
  let calls = 0;
  const pauses: number[] = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const { records } = JSON.parse(body) as { records: ImportRecord[] };
      const { status, body: said } = answer(records.map(({ source_id }) => source_id), calls += 1);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
    });
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const wait = (ms: number): Promise<unknown> => Promise.resolve(pauses.push(ms));
  const { handInTo } = openOutbox({ url, secretKey: 'sb_secret_test' }, wait);
  return { handIn: handInTo(integration), pauses, calls: () => calls };
}

const added = (ids: string[]): Answer => ({ status: 200, body: { added: ids.length, changed: 0, unchanged: 0, refused: [] } });

describe('handing in a batch', () => {
  it('is tried again while the outbox is busy or failing', async () => {
    const busy = (status: number): Answer => ({ status, body: { message: 'busy' } });
    const { handIn, pauses } = await outbox((ids, call) => [busy(503), busy(429)][call - 1] ?? added(ids));
    expect(await handIn([record('1'), record('2')])).toEqual({ added: 2, changed: 0, unchanged: 0, refused: [] });
    expect(pauses).toEqual([250, 1000]);
  });

  it('ends with what to do when the outbox stays away', async () => {
    const { handIn, calls } = await outbox(() => ({ status: 503, body: { message: 'Being repaired.' } }));
    await expect(handIn([record('1')])).rejects.toThrow(
      /answered 503: Being repaired\. Run the same command again: what is in stays in, and nothing is added twice\.$/,
    );
    expect(calls()).toBe(5);
  });

  it('is not tried again when the key is wrong', async () => {
    const { handIn, calls } = await outbox(() => ({ status: 401, body: { message: 'Invalid API key' } }));
    await expect(handIn([record('1')])).rejects.toThrow(/answered 401: Invalid API key\. The key must be a secret key/);
    expect(calls()).toBe(1);
  });

  it('keeps one record the outbox chokes on from holding back the others', async () => {
    const ids = Array.from({ length: 9 }, (_, i) => String(i));
    const { handIn } = await outbox((batch) => (
      batch.includes('6') ? { status: 400, body: { code: '22P05', message: 'unsupported Unicode escape sequence' } } : added(batch)
    ));
    expect(await handIn(ids.map(record))).toEqual({
      added: 8, changed: 0, unchanged: 0, refused: [{ index: 6, reason: 'unsupported Unicode escape sequence' }],
    });
  });
});
