import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GeneratedFile } from './generated-files.ts';

/** What each connector's folder says to do, as a file the page fetches when it shows that system; those of one that is gone are left over. */
export async function adviceFiles(functions: string, names: string[]): Promise<GeneratedFile[]> {
  const folders = names.filter((name) => name.startsWith('sync-')).map((name) => join(functions, name)).filter((folder) => existsSync(join(folder, 'advice.ts')));
  return Promise.all(folders.map(async (folder) => {
    const { advice } = await import(pathToFileURL(join(folder, 'advice.ts')).href) as { advice: object };
    return { path: `web/src/advice/${basename(folder).slice('sync-'.length)}.json`, content: `${JSON.stringify(advice, null, 1)}\n` };
  }));
}
