import type { Sql } from 'postgres';

/** Hears, as it commits, of every light that turned red and of every first notification of an integration. */
export type Listener = {
  /** Milliseconds since 1970, by integration. */
  seen: { red: Map<string, number>; notice: Map<string, number> };
  stop(): Promise<void>;
};

export async function startListener(sql: Sql): Promise<Listener> {
  await sql.unsafe(`
    create function private.bench_tell() returns trigger language plpgsql as $$
    begin
      perform pg_notify('bench', tg_argv[0] || ' ' || new.integration_id);
      return null;
    end $$;
    create trigger bench_red after update of health on public.integration_status
      for each row when (new.health = 'red' and old.health <> 'red') execute function private.bench_tell('red');
    create trigger bench_notice after insert on public.notifications for each row execute function private.bench_tell('notice');
  `).simple();
  const seen = { red: new Map<string, number>(), notice: new Map<string, number>() };
  const listening = await sql.listen('bench', (payload) => {
    const [kind, integration] = payload.split(' ') as ['red' | 'notice', string];
    if (!seen[kind].has(integration)) seen[kind].set(integration, Date.now());
  });
  return { seen, stop: () => listening.unlisten() };
}
