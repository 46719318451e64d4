import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const INDEX = `import { serve } from '../_kit/serve.ts';
import { connector } from './connector.ts';

export default serve(connector);
`;

const settingsOf = (host: string): string => `import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** Addresses are bound to the vendor's own domains, so that no setting can send the credential to somebody else. */
export const settings = z.strictObject({
  baseUrl: vendorUrl('${host}').default('https://api.${host}'),
});
export type Settings = z.infer<typeof settings>;

export const credential = z.strictObject({ apiKey: z.string().min(1) });
export type Credential = z.infer<typeof credential>;

/** Payload keys, and the names the system uses for them in its errors. */
export const fields: Record<string, string[]> = { account: ['accountNo', 'Account No.'], description: ['text'] };
`;

const connectorOf = (system: string, title: string, host: string): string => `import { z } from 'zod';
import type { Connector, ConnectorContext, Outcome, OutgoingRecord } from '../_kit/connector.ts';
import type { HttpResponse } from '../_kit/http.ts';
import { amountOf, prepare, shaped, textsOf } from '../_kit/payload.ts';
import { credential, fields, settings } from './settings.ts';
import type { Credential, Settings } from './settings.ts';

type Context = ConnectorContext<Settings, Credential>;

const taken = z.object({ id: z.string() });
const me = z.object({ name: z.string() });
const changes = z.object({
  items: z.array(z.object({ id: z.string(), changed_at: z.string(), deleted: z.boolean().default(false) }).loose()),
  next: z.string(),
  more: z.boolean(),
});

function call(ctx: Context, path: string, request: { method?: string; body?: object } = {}): Promise<HttpResponse> {
  return ctx.http.send({ ...request, url: \`\${ctx.settings.baseUrl}\${path}\`, headers: { authorization: \`Bearer \${ctx.credential.apiKey}\` } });
}

/** Throws \`PayloadProblem\` for what cannot be written: that record's refusal. */
function entryOf(record: OutgoingRecord): object {
  const texts = textsOf(record, (key) => Object.hasOwn(fields, key), (key) => (key === 'description' ? 200 : null));
  return { accountNo: texts.get('account'), text: texts.get('description') ?? '', amount: amountOf(record, 2), currency: record.currency };
}

async function put(ctx: Context, record: OutgoingRecord): Promise<Outcome> {
  const entry = prepare(record, entryOf);
  if ('refused' in entry) return entry.refused;
  const id = encodeURIComponent(\`\${record.sourceType}:\${record.sourceId}\`);
  const response = await call(ctx, \`/entries/\${id}\`, { method: 'PUT', body: entry.ready });
  return { state: 'exported', externalId: shaped(ctx.http, response, taken).id, requestId: response.requestId ?? undefined };
}

/** Says how ${title} is spoken to. Leave out what it cannot do: a system that is only read has no push (\`ReadConnector\`). */
export const connector: Connector<Settings, Credential> = {
  system: '${system}',
  title: '${title}',
  docs: 'https://${host}/docs',
  settings,
  credential,
  credentialKind: 'api-key',
  dedupe: 'upsert',
  batchSize: 1,
  settlesWithinSeconds: 60,
  fields,
  replaces: true,
  push: (ctx, records) => Promise.all(records.map((record) => put(ctx, record))),
  async check(ctx) {
    return { as: shaped(ctx.http, await call(ctx, '/me'), me).name, warnings: [] };
  },
  streams: [{ name: 'entries', title: 'Entries', docs: 'https://${host}/docs/entries' }],
  async pull(ctx, { stream, cursor }) {
    const response = await call(ctx, \`/\${stream}\${cursor === null ? '' : \`?after=\${encodeURIComponent(cursor)}\`}\`);
    const { items, next, more } = shaped(ctx.http, response, changes);
    const records = items.map((item) => ({ id: item.id, payload: item, changedAt: item.changed_at, deleted: item.deleted }));
    return { records, cursor: next, more };
  },
};
`;

const adviceOf = (title: string, host: string): string => `import type { Advice } from '../_kit/advice.ts';

const docs = 'https://${host}/docs';

/** Say where in the system a person goes, by the names its menus have, and link to the vendor's page on it. */
export const advice: Advice = {
  auth: {
    nb: 'Lag en ny nøkkel i ${title} og legg den inn her.',
    en: 'Make a new key in ${title} and set it here.',
    link: docs,
  },
  permission: {
    nb: 'Gi brukeren bak nøkkelen rettigheten som mangler.',
    en: 'Give the user behind the key the right that is missing.',
  },
  rate_limit: {
    nb: 'Vi venter til systemet slipper til igjen. Varer det, se hva annet som bruker det.',
    en: 'We wait until the system lets us in again. If it lasts, see what else uses it.',
  },
  validation: {
    nb: 'Er verdien riktig, må den finnes i ${title}. Ellers rettes den her.',
    en: 'If the value is right it has to exist in ${title}. Otherwise correct it here.',
  },
  conflict: {
    nb: 'Se i ${title} hva som er der fra før, før du sender igjen.',
    en: 'See in ${title} what is there already, before you send again.',
  },
  server: {
    nb: 'Se om dere selv kommer inn i ${title}.',
    en: 'See whether you get into ${title} yourselves.',
  },
};
`;

/**
 * Writes the folder of a new connector: a whole one, for an invented interface, that compiles and passes the contract test.
 *
 * @returns the files written. Throws in words if the name is none or the folder is there.
 */
export async function makeConnector(functionsFolder: string, system: string): Promise<string[]> {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(system)) {
    throw new Error('Name the system in small letters, digits and hyphens, as in: npm run new-connector example-ledger');
  }
  const folder = join(functionsFolder, `sync-${system}`);
  if (existsSync(folder)) throw new Error(`${folder} is there already.`);
  const title = system.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
  const host = `${system}.example.org`;
  const files = {
    'index.ts': INDEX, 'settings.ts': settingsOf(host), 'connector.ts': connectorOf(system, title, host), 'advice.ts': adviceOf(title, host),
  };
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return Object.keys(files).map((name) => join(folder, name));
}
