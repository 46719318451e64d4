import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runImport } from '../../scripts/import.ts';
import { importFile, type HandIn, type RefusedLine } from '../../scripts/import/import-file.ts';
import { loadMapping } from '../../scripts/import/mapping.ts';
import { progressBar } from '../../scripts/import/report.ts';
import type { ImportRecord } from '../../scripts/import/row-reader.ts';
import { addAmounts } from '../../scripts/import/values.ts';
import { testStack, type TestStack } from '../support/stack.ts';

const root = resolve(import.meta.dirname, '../..');
const samples = join(root, 'samples');
const realSpending = resolve(root, '../shared/data');
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncward-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Printed = { code: number; out: string; err: string };

/** Runs the command as a person would and returns what it printed. */
function command(...args: string[]): Promise<Printed> {
  return commandWith({}, ...args);
}

async function commandWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Printed> {
  return commandIn(root, env, ...args);
}

async function commandIn(project: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<Printed> {
  let out = '';
  let err = '';
  const code = await runImport(args, {
    root: project,
    cwd: folder,
    env,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

describe('the command', () => {
  it('takes the supplied sample and mapping as they are', async () => {
    const { code, out } = await command(join(samples, 'spending.csv'), '--dry-run');
    expect(out).toBe('60 lines read: 60 could go in, GBP 367280.39, 0 refused. Nothing was handed in (--dry-run).\n');
    expect(code).toBe(0);
  });

  it('ends with 2 when lines were refused, and writes them with their reasons to a file that can be corrected and imported', async () => {
    const [header = '', ...lines] = (await readFile(join(samples, 'spending.csv'), 'utf8')).trimEnd().split('\n');
    const damaged = lines.map((line, i) => (i < 25 ? line.replace(/,\d\d\/\d\d\//, ',31/02/') : line));
    await writeFile(join(folder, 'damaged.csv'), [header, ...damaged].join('\n'));
    const { code, err } = await command('damaged.csv', '--dry-run', '--errors', 'bad.csv');
    expect(code).toBe(2);
    expect(err).toContain('line 2, column Paid Date: "31/02/2026" is not a day in the calendar\n');
    expect(err).toContain('… and 5 more\n');
    const written = await readFile(join(folder, 'bad.csv'), 'utf8');
    await writeFile(join(folder, 'bad.csv'), written.replaceAll('31/02/', '01/10/'));
    const again = await command('bad.csv', '--dry-run');
    expect(again.out).toMatch(/^25 lines read: 25 could go in/);
    expect(again.code).toBe(0);
  });

  it.each([
    [[], 'Name one CSV file.'],
    [['a.csv', 'b.csv'], 'Name one CSV file.'],
    [['a.csv'], 'Say which integration gets the records: --integration <id or slug>.'],
    [['a.csv', '--colour'], "Unknown option '--colour'"],
    [['a.csv', '--dry-run', '--encoding', 'martian'], '"martian" is not a known encoding.'],
    [['missing.csv', '--dry-run'], 'There is no file'],
    [['.', '--dry-run'], 'is not a file.'],
    [['a.csv', '--dry-run', '--mapping', 'none.json'], "can't be read (ENOENT)"],
    [['a.csv', '--integration', 'x', '--url', 'nowhere'], '"nowhere" is not an address'],
    [['a.csv', '--integration', 'x', '--url', 'https://example.org'], 'set SUPABASE_SECRET_KEY to a secret key of that project.'],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, err } = await command(...args);
    expect(err).toContain(message);
    expect(code).toBe(1);
  });
});

describe('while it runs', () => {
  const draw = (isTTY: boolean): string => {
    let text = '';
    const bar = progressBar({ isTTY, write: (part) => (text += part) });
    for (const bytesRead of [100, 104, 550, 1000]) bar.show({ lines: bytesRead * 10, bytesRead, bytesTotal: 1000 });
    bar.clear();
    return text;
  };

  it('a terminal sees one bar that fills and goes', () => {
    expect(draw(true).split('\r').at(-3)).toBe('\u001b[K█████████████░░░░░░░░░░░  55 %  5 500 lines');
    expect(draw(true)).toMatch(/\r\u001b\[K$/);
    expect(draw(true)).not.toContain('\n');
  });

  it('a log file gets a plain line every ten per cent', () => {
    expect(draw(false)).toBe(' 10 %  1 000 lines\n 55 %  5 500 lines\n100 %  10 000 lines\n');
  });
});

describe('into the outbox', () => {
  let db: TestStack;
  let env: NodeJS.ProcessEnv = {};

  beforeAll(async () => {
    db = await testStack({ parts: ['api'] });
    await db.sql`
      with orgs as (
        insert into public.organizations (slug, name) values ('harbour', 'Harbour'), ('valley', 'Valley') returning id, slug
      )
      insert into public.integrations (org_id, system, slug, name)
      select id, 'xledger', 'books', 'Books' from orgs
      union all
      select id, 'business-central', 'ledger', 'Ledger' from orgs where slug = 'harbour'`;
    env = { SUPABASE_URL: db.apiUrl ?? '', SUPABASE_SECRET_KEY: db.secretKey };
  });

  const handIn = (...args: string[]): Promise<Printed> => commandWith(env, ...args);
  const sample = join(samples, 'spending.csv');

  it('a file goes in once, however often it is imported, and a changed line is a new version', async () => {
    expect(await handIn(sample, '--integration', 'ledger')).toMatchObject({
      code: 0, out: '60 lines read: 60 added, 0 changed (new version), 0 unchanged, 0 refused, GBP 367280.39.\n',
    });
    expect(await handIn(sample, '--integration', 'ledger')).toMatchObject({
      code: 0, out: '60 lines read: 0 added, 0 changed (new version), 60 unchanged, 0 refused, GBP 367280.39.\n',
    });
    const changed = (await readFile(sample, 'utf8')).replace('51200343 - 2,6328.22', '51200343 - 2,6328.23').replace('16774,', '16774.00,');
    await writeFile(join(folder, 'changed.csv'), changed);
    expect(await handIn('changed.csv', '--integration', 'ledger')).toMatchObject({
      code: 0, out: '60 lines read: 0 added, 1 changed (new version), 59 unchanged, 0 refused, GBP 367280.40.\n',
    });
    const rows = await db.sql`
      select version, amount::text, currency, occurred_on::text, state, payload, label from public.records where source_id = '51200343-2'`;
    expect(rows).toEqual([{
      version: 2, amount: '6328.23', currency: 'GBP', occurred_on: '2026-10-02', state: 'queued', label: 'Belt and Braces Mutual',
      payload: {
        account: '7500',
        postingDate: '2026-10-02',
        documentNumber: '51200343-2',
        description: 'Belt and Braces Mutual',
        supplier: '20030011',
      },
    }]);
    expect(await db.sql`select count(*)::int, sum(amount)::text from public.records`).toEqual([{ count: 60, sum: '367280.40' }]);
  });

  it('an integration of that name in two organizations has to be told apart', async () => {
    const { code, err } = await handIn(sample, '--integration', 'books');
    expect(code).toBe(1);
    expect(err).toMatch(/^Several organizations have an integration books: books \((harbour|valley)\), books .*/);
    expect(err).toMatch(/ Add --organization <slug>\.\n$/);
    expect(await handIn(sample, '--integration', 'books', '--organization', 'valley')).toMatchObject({ code: 0 });
    const counts = await db.sql`
      select o.slug, count(*)::int from public.records r join public.organizations o on o.id = r.org_id
      join public.integrations i on i.id = r.integration_id where i.slug = 'books' group by 1`;
    expect(counts).toEqual([{ slug: 'valley', count: 60 }]);
  });

  it('the stack running here is found by its file, and its absence is said plainly', async () => {
    const project = join(folder, 'project');
    const args = [sample, '--integration', 'ledger', '--mapping', join(samples, 'spending.mapping.json')];
    expect(await commandIn(project, {}, ...args)).toMatchObject({
      code: 1, err: 'No stack is running here. Start one with npm start, or set SUPABASE_URL and SUPABASE_SECRET_KEY.\n',
    });
    await mkdir(join(project, '.syncward'), { recursive: true });
    const stack = { apiUrl: db.apiUrl, secretKey: db.secretKey, databaseUrl: db.url };
    await writeFile(join(project, '.syncward/stack.json'), JSON.stringify(stack));
    expect(await commandIn(project, {}, ...args)).toMatchObject({ code: 0 });
  });

  it('an unknown integration is answered with the known ones', async () => {
    const { code, err } = await handIn(sample, '--integration', 'unknown', '--organization', 'harbour');
    expect(err).toMatch(/^There is no integration unknown in harbour\. Known: .*ledger \(harbour\)/);
    expect(code).toBe(1);
  });

  it('a wrong key and an outbox that is away are each said plainly, and the key is not printed', async () => {
    const wrong = await commandWith({ ...env, SUPABASE_SECRET_KEY: 'sb_secret_wrong' }, sample, '--integration', 'ledger');
    expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/answered 40[13]: .* must be a secret key/) as string });
    const away = await commandWith({ ...env, SUPABASE_URL: 'http://127.0.0.1:1' }, sample, '--integration', 'ledger');
    expect(away).toMatchObject({ code: 1, err: expect.stringContaining("can't be reached (is the stack running?)") as string });
    expect(wrong.err + away.err).not.toContain('sb_secret_wrong');
  });
});

describe('a file of 75 MB', () => {
  it('goes through a process that may use 64 MB, so it is never held in memory', async () => {
    const file = join(folder, 'large.csv');
    const text = 'spending '.repeat(280);
    const line = (i: number): string => `General Fund,Materials,D3021,27/12/2017,${i} - 0,1250.5,Revenue,,${text}`;
    await writeFile(file, 'Service Area,Expenditure Category,Expenditure Code,Paid Date,Trans No,Amount,Type,Supplier ID,Supplier Name\n');
    for (let block = 0; block < 30; block += 1) {
      await appendFile(file, Array.from({ length: 1000 }, (_, i) => `${line(block * 1000 + i)}\n`).join(''));
    }
    const args = ['--max-old-space-size=64', join(root, 'scripts/import.ts'), file, '--dry-run'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toContain('30 000 lines read: 30 000 could go in, GBP 37515000.00, 0 refused.');
  }, 60_000);
});

const missing = existsSync(realSpending) ? '' : ' (skipped: ../shared/data is not here)';

describe.skipIf(missing !== '')(`the eight quarters as Oxford City Council published them${missing}`, () => {
  const quarters = ['jan-mar', 'apr-jun', 'jul-sep', 'oct-dec'];

  async function year(name: string): Promise<{ records: ImportRecord[]; refused: RefusedLine[]; total: string }> {
    const mapping = await loadMapping(join(samples, 'spending.mapping.json'));
    const records: ImportRecord[] = [];
    const refused: RefusedLine[] = [];
    let total = '0';
    for (const quarter of quarters) {
      const file = join(realSpending, `oxford-${quarter}-${name}.csv`);
      const handIn: HandIn = (batch) => {
        records.push(...batch);
        return Promise.resolve({ added: batch.length, changed: 0, unchanged: 0, refused: [] });
      };
      const summary = await importFile({ file, mapping, encoding: 'utf-8', handIn, onRefused: (line) => refused.push(line) });
      total = addAmounts(total, summary.amounts.get('GBP') ?? '0');
    }
    return { records, refused, total };
  }
  const codes = (records: ImportRecord[]): Set<string> => new Set(records.map(({ payload }) => payload.account ?? ''));

  it('all go in by one mapping, each record under its own key, to the penny', async () => {
    const [first, second] = [await year('2016'), await year('2017')];
    expect([...first.refused, ...second.refused]).toEqual([]);
    expect([first.records.length, second.records.length]).toEqual([14_671, 15_079]);
    expect([first.total, second.total]).toEqual(['55989701.89', '58388932.95']);
    expect(new Set([...first.records, ...second.records].map((record) => record.source_id)).size).toBe(14_671 + 15_079);
    // 183 as published; one of them is another with blanks behind it ("C2003   ").
    expect([codes(first.records).size, codes(second.records).size]).toEqual([182, 189]);
    const known = codes(first.records);
    const unknown = new Set([...codes(second.records)].filter((code) => !known.has(code)));
    expect(unknown.size).toBe(28);
    expect(second.records.filter(({ payload }) => unknown.has(payload.account ?? '')).length).toBe(104);
  }, 30_000);
});
