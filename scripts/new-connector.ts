import { makeConnector } from './new-connector/folder.ts';
import { resolve } from 'node:path';

const [system = '', ...rest] = process.argv.slice(2);
const root = resolve(import.meta.dirname, '..');

/** `npm run new-connector <system>`: a folder that is held to the contract and keeps it, to begin from. */
try {
  if (rest.length > 0) throw new Error('One system at a time: npm run new-connector <system>');
  const files = await makeConnector(resolve(root, 'supabase/functions'), system);
  process.stdout.write(`${files.map((file) => `${file} written`).join('\n')}\nNext: docs/adding-a-connector.md, then npm run generate\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
