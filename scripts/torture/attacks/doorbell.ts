import type { Arena } from '../arena.ts';
import type { Attack } from '../scenarios.ts';

type Fates = { lost: number; doubled: number; late: number };

/** Of the calls the database makes, a third is lost, a sixth comes twice and a sixth a strike later. */
export async function badDoorbell(arena: Arena): Promise<Attack> {
  const seed = Math.floor(arena.random() * 1_000_000);
  await arena.sql.unsafe(`
    create schema torture;
    create table torture.late (like net.http_request_queue);
    create table torture.fates (fate text not null);
    create function torture.misdeliver() returns trigger language plpgsql security definer set search_path = '' as $$
    declare
      chance constant integer := mod(abs(hashint8(new.id * 31 + ${seed})::bigint), 6);
      fate_of_call constant text := (array['lost', 'lost', 'doubled', 'late'])[chance + 1];
    begin
      -- Only the first sight of a call decides; what is doubled or brought later passes.
      if fate_of_call is null or current_setting('torture.passes', true) = 'yes' then return new; end if;
      insert into torture.fates (fate) values (fate_of_call);
      if fate_of_call = 'lost' then return null; end if;
      insert into torture.late select new.*;
      return case when fate_of_call = 'doubled' then new end;
    end $$;
    create trigger calls_go_astray before insert on net.http_request_queue for each row execute function torture.misdeliver();`);

  async function bringLate(): Promise<void> {
    await arena.sql.begin(async (sql) => {
      await sql`select set_config('torture.passes', 'yes', true)`;
      await sql`
        with brought as (delete from torture.late returning method, url, headers, body, timeout_milliseconds)
        insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds) select * from brought`;
    });
  }

  const fates: Fates = { lost: 0, doubled: 0, late: 0 };
  return {
    async strike() {
      await bringLate();
      await arena.pass(150);
    },
    async end() {
      await bringLate();
      const rows = await arena.sql<{ fate: keyof Fates; calls: number }[]>`select fate, count(*)::int as calls from torture.fates group by fate`;
      for (const { fate, calls } of rows) fates[fate] = calls;
      await arena.sql.unsafe(`set client_min_messages = warning; drop trigger calls_go_astray on net.http_request_queue; drop schema torture cascade`);
    },
    hits: () => fates,
  };
}
