import { beforeAll, test } from 'vitest';
import { ask, serveTwoOrganizations, signIn, type Served, type Credentials } from './support-served.ts';
let served: Served; let stine: Credentials;
beforeAll(async () => { served = await serveTwoOrganizations(); stine = await signIn(served, served.nord.stine); });
test('probe', async () => {
  const show = (n: string, a: object) => console.log(n, JSON.stringify(a).slice(0, 4000));
  await served.nord.sql`analyze`;
  show('admin', await ask(served, stine, `/auth/v1/admin/users`));
  show('admin nokey', await ask(served, {}, `/auth/v1/admin/users`));
  show('admin nokey', await ask(served, {}, `/auth/v1/nothing`));
  show('admin nokey', await ask(served, {}, `/rest/v1/../../admin`));
  for (const org of [served.nord.org, served.syd.org, served.nord.integration])
    for (const kind of ['planned', 'estimated']) show('planned', await ask(served, stine, `/rest/v1/records?select=id&org_id=eq.${org}`, { method: 'HEAD', headers: { prefer: `count=${kind}` } }));
  const fk = await served.nord.sql`select c.conname, c.conrelid::regclass::text as a, c.confrelid::regclass::text as b from pg_constraint c where contype='f' and connamespace='public'::regnamespace and conparentid = 0`;
  for (const { conname, a, b } of fk) {
    for (const [x, y] of [[a, b], [b, a]]) {
      const cols = y === 'integrations' ? 'org_id,name' : '*';
      const mine = x === 'integrations' ? 'org_id' : '*';
      const r = await ask(served, stine, `/rest/v1/${x}?select=${mine},${y}!${conname}(${cols})`);
      console.log(x, y, conname, r.status, r.text.slice(0, 120).replaceAll('\n', ''));
    }
  }
});
