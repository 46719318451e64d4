import { spawnSync } from 'node:child_process';
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Arena } from '../arena.ts';
import type { Attack } from '../scenarios.ts';

/** More than the small disk holds, so that the write itself finds the end of it. */
const TOO_MUCH = Buffer.alloc(4 * 1024 * 1024);
const LONGEST_FULL_MS = 2_000;

/**
 * The tables that grow while results are recorded are on a small disk of their own, which is filled to its last byte for a
 * while. Only root can mount one; elsewhere a trigger answers the recording statement with the same error, 53100.
 */
export async function fullDisk(arena: Arena): Promise<Attack> {
  const folder = join(arena.besieged.directory, 'small');
  await mkdir(folder);
  const { uid, gid } = await stat(join(arena.besieged.directory, 'postgres'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=96m,mode=700', 'tmpfs', folder]).status === 0;
  const refused = (): number => arena.besieged.said('No space left on device');
  const before = refused();
  const disk = mounted ? await smallDisk(arena, folder, uid, gid) : await pretended(arena);
  let full = 0;
  return {
    async strike() {
      await disk.fill();
      full += 1;
      await arena.moment();
      const seen = refused();
      // Pages that are there already take some more rows before one has to be added.
      const patience = performance.now() + LONGEST_FULL_MS;
      while (refused() === seen && performance.now() < patience) await wait(10);
      await disk.free();
      await arena.pass(150);
    },
    end: () => disk.end(),
    hits: () => ({ [mounted ? 'full disk' : 'pretended full disk']: full, 'lines about it in the logs': refused() - before }),
  };
}

type Disk = { fill(): Promise<void>; free(): Promise<void>; end(): Promise<void> };

async function smallDisk({ sql }: Arena, folder: string, uid: number, gid: number): Promise<Disk> {
  await chown(folder, uid, gid);
  const space = join(folder, 'space');
  await mkdir(space);
  await chown(space, uid, gid);
  await sql.unsafe(`create tablespace small location '${space}'`);
  const tables = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
    where c.relkind = 'r' and (c.oid in ('public.records'::regclass, 'public.runs'::regclass)
      or c.oid in (select inhrelid from pg_inherits where inhparent = 'public.attempts'::regclass))`;
  const move = async (to: string): Promise<void> => { for (const { name } of tables) await sql.unsafe(`alter table ${name} set tablespace ${to}`); };
  await move('small');
  const filler = join(folder, 'filler');
  return {
    fill: async () => {
      for (let part = 0; part < 50; part += 1) {
        const full = await writeFile(filler, TOO_MUCH, { flag: 'a' }).then(() => false, () => true);
        if (full) return;
      }
    },
    free: () => rm(filler, { force: true }),
    async end() {
      await rm(filler, { force: true });
      await move('pg_default');
      await sql`drop tablespace small`;
      spawnSync('umount', ['-l', folder]);
    },
  };
}

async function pretended({ sql }: Arena): Promise<Disk> {
  await sql.unsafe(`
    create function private.disk_is_full() returns trigger language plpgsql as $$
    begin
      raise exception using errcode = '53100', message = 'could not extend file: No space left on device';
    end $$;
    create trigger disk_is_full before insert on public.attempts for each row execute function private.disk_is_full();
    alter table public.attempts disable trigger disk_is_full`);
  return {
    fill: async () => void await sql`alter table public.attempts enable trigger disk_is_full`,
    free: async () => void await sql`alter table public.attempts disable trigger disk_is_full`,
    end: async () => void await sql.unsafe('drop function private.disk_is_full() cascade'),
  };
}
