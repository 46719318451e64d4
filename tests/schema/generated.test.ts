import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { configWithFunctions, denoConfig } from '../../scripts/generate/function-settings.ts';
import { generatedFiles, outdated } from '../../scripts/generate/generated-files.ts';
import { dumpSchema } from '../../scripts/generate/schema-dump.ts';
import { runSupabase } from '../../scripts/generate/supabase-cli.ts';
import { testDatabase, type TestDatabase } from '../support/stack.ts';

const root = resolve(import.meta.dirname, '../..');
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});

describe('what is generated', () => {
  it('is as the migrations, the functions and package.json say (if not: npm run generate)', async () => {
    expect(await outdated(root, await generatedFiles(root, db))).toEqual([]);
  });
});

describe('the schema dump', () => {
  it('is the same for every database made from the same migrations, in every month', async () => {
    const other = await testDatabase();
    await other.sql`select private.ensure_partitions('2031-05-01')`;
    expect(await dumpSchema(other.sql)).toBe(await dumpSchema(db.sql));
  });

  const additions: [string, string, string][] = [
    ['a column', 'alter table public.members add column nick text', '  nick text,'],
    ['a check', 'alter table public.members add constraint named check (name <> $$$$)', "constraint named CHECK (name <> ''::text)"],
    ['an index', 'create index by_name on public.members (name)', 'CREATE INDEX by_name ON public.members USING btree (name);'],
    [
      'a policy',
      'create policy "all may" on public.members for delete to anon using (true)',
      'create policy "all may" on public.members for delete to anon\n  using (true);',
    ],
    ['a grant', 'grant delete on public.members to anon', 'grant delete on public.members to anon;'],
    [
      'a grant on a column',
      'grant update (name) on public.members to authenticated',
      'grant update (name) on public.members to authenticated;',
    ],
    ['a function', 'create function public.f() returns int language sql as $$ select 42 $$', 'CREATE OR REPLACE FUNCTION public.f()'],
    [
      'a function everybody may call',
      'create function public.g() returns int language sql as $$ select 42 $$; grant execute on function public.g() to public',
      'grant execute on function public.g() to public;',
    ],
    [
      'a view',
      'create view public.v with (security_invoker = true) as select 1 as one',
      'create view public.v with (security_invoker=true) as\n SELECT 1 AS one;',
    ],
    [
      'a trigger',
      'create trigger t before delete on public.members for each row execute function private.refuse_change()',
      'CREATE TRIGGER t BEFORE DELETE ON public.members',
    ],
    [
      'a comment',
      "comment on column public.members.name is 'What we call them'",
      "comment on column public.members.name is 'What we call them';",
    ],
    ['an enum', "create type public.mood as enum ('glad', 'sad')", "create type public.mood as enum ('glad', 'sad');"],
    ['a job', "select cron.schedule('extra', '5 * * * *', 'select 1')", "select cron.schedule('extra', '5 * * * *', 'select 1');"],
  ];

  describe('of a database with something added', () => {
    let before = '';
    let after = '';
    beforeAll(async () => {
      const other = await testDatabase();
      before = await dumpSchema(other.sql);
      for (const [, statement] of additions) await other.sql.unsafe(statement);
      await other.sql`alter table public.audit_log disable row level security`;
      after = await dumpSchema(other.sql);
    });

    it.each(additions)('shows %s', (_, __, shown) => {
      expect(before).not.toContain(shown);
      expect(after).toContain(shown);
    });

    it('shows that row-level security is off', () => {
      const on = 'alter table public.audit_log enable row level security;';
      expect(before).toContain(on);
      expect(after).not.toContain(on);
    });
  });
});

describe('the functions in config.toml', () => {
  it('are written at the end of a file that has none', () => {
    const written = configWithFunctions('project_id = "x"\n', ['a', 'b']);
    expect(written).toMatch(/^project_id = "x"\n\n# begin functions/);
    expect(written).toContain('[functions.a]\nverify_jwt = false\n');
    expect(written).toContain('[functions.b]\nverify_jwt = false\n');
  });

  it('replace those of before and nothing around them', () => {
    const before = `${configWithFunctions('project_id = "x"\n', ['old'])}\n[auth]\njwt_expiry = 60\n`;
    const after = configWithFunctions(before, ['new']);
    expect(after).not.toContain('functions.old');
    expect(after).toMatch(/^project_id = "x"\n/);
    expect(after).toMatch(/\n\[auth\]\njwt_expiry = 60\n$/);
    expect(configWithFunctions(after, ['new'])).toBe(after);
  });
});

describe('the deno.json of a function', () => {
  async function inFolder(files: Record<string, string>, work: (entry: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'syncward-function-'));
    try {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      await work(join(folder, 'index.ts'));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('pins every package the function and its own files import', () => inFolder({
    'index.ts': "import './b.ts';\nimport 'node:process';\nexport { verify } from '@supabase/server/core';\n",
    'b.ts': "import { z } from 'zod';\nexport const b = z;\n",
  }, async (entry) => {
    const config: unknown = JSON.parse(await denoConfig(entry, { 'zod': '4.6.7', '@supabase/server': '1.8.1', 'unused': '1.0.0' }));
    expect(config).toEqual({ imports: { '@supabase/server/core': 'npm:@supabase/server@1.8.1/core', 'zod': 'npm:zod@4.6.7' } });
  }));

  it.each([
    ['is not in package.json', {}],
    ['has no exact version', { zod: '^4.0.0' }],
  ])('is refused when a package %s', (_, versions) => inFolder(
    { 'index.ts': "import { z } from 'zod';\nexport default z;\n" },
    (entry) => expect(denoConfig(entry, versions)).rejects.toThrow('imports zod, but package.json has no exact version of zod'),
  ));
});

describe("Supabase's advisors", () => {
  const advise = (url: string): ReturnType<typeof runSupabase> =>
    runSupabase(['db', 'advisors', `--remote=${url}`, '--type', 'all', '--level', 'warn', '--fail-on', 'warn']);

  it('find nothing', async () => {
    const { code, stdout } = await advise(db.url);
    expect(stdout).not.toContain('"cache_key"');
    expect(code).toBe(0);
  });

  it('would find a table without row-level security', async () => {
    const other = await testDatabase();
    await other.sql.unsafe('create table public.open (id int primary key); grant select on public.open to anon');
    const { code, stdout } = await advise(other.url);
    expect(stdout).toContain('rls_disabled_in_public');
    expect(code).not.toBe(0);
  });
});
