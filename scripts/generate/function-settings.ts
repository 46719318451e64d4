import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const BEGIN = '# begin functions: written by `npm run generate` from the folders in supabase/functions; do not edit between these lines';
const END = '# end functions';

/** The folders that become Edge Functions; those with a leading underscore hold shared code. */
export async function functionNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !/^[_.]/.test(entry.name)).map(({ name }) => name).sort();
}

/**
 * Puts the functions' settings between the markers of config.toml. The gateway must not look for a user's token: these
 * functions are called with a secret key or a vendor's signature, and check it themselves.
 * https://supabase.com/docs/guides/functions/auth-headers
 */
export function configWithFunctions(config: string, names: string[]): string {
  const blocks = names.map((name) => `[functions.${name}]\nverify_jwt = false\nimport_map = "./functions/${name}/deno.json"`);
  const section = `${[BEGIN, ...blocks, END].join('\n\n')}\n`;
  const [before = '', rest] = config.split(BEGIN);
  if (rest === undefined) return `${config.trimEnd()}\n\n${section}`;
  const after = rest.split(`${END}\n`).slice(1).join(`${END}\n`);
  return before + section + after;
}

/** A function's deno.json: each package its code imports, at the version of package.json. */
export async function denoConfig(entry: string, versions: Record<string, string>): Promise<string> {
  const packages = [...await packagesOf(entry)].sort();
  const imports = Object.fromEntries(packages.map((specifier) => [specifier, pinned(specifier, versions, entry)]));
  return `${JSON.stringify({ imports }, null, 2)}\n`;
}

function pinned(specifier: string, versions: Record<string, string>, entry: string): string {
  const name = packageName(specifier);
  const version = versions[name];
  if (version === undefined || !/^\d/.test(version)) {
    throw new Error(`${entry} imports ${specifier}, but package.json has no exact version of ${name} under "dependencies".`);
  }
  return `npm:${name}@${version}${specifier.slice(name.length)}`;
}

const packageName = (specifier: string): string => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');

/** The bare specifiers in a module and in everything it imports by path. Type-only imports count: they are resolved too. */
async function packagesOf(entry: string): Promise<Set<string>> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const queue = [resolve(entry)];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file) || !file.endsWith('.ts')) continue;
    seen.add(file);
    for (const { fileName } of ts.preProcessFile(await readFile(file, 'utf8')).importedFiles) {
      if (fileName.startsWith('.')) queue.push(join(dirname(file), fileName));
      else if (!/^(?:node|npm|jsr):/.test(fileName)) packages.add(fileName);
    }
  }
  return packages;
}
