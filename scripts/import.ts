import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { access } from 'node:fs/promises';
import { findAddress } from './import/address.ts';
import { ImportError } from './import/import-error.ts';
import { importFile, type HandIn, type Summary } from './import/import-file.ts';
import { loadMapping } from './import/mapping.ts';
import { openOutbox } from './import/outbox.ts';
import { progressBar, refusedReport, summaryText, type Output } from './import/report.ts';

const USAGE = `Hands the lines of a CSV file in to an integration's outbox.

  npm run import -- <file.csv> --integration <id or slug> [options]

  --organization <slug>   when several organizations have an integration of that name
  --mapping <file>        how columns become a record; default: <file>.mapping.json beside the file, else samples/spending.mapping.json
  --encoding <name>       default utf-8; windows-1252, utf-16le …
  --errors <file>         writes every refused line with its reason, as a CSV to correct and import again
  --dry-run               reads and checks everything, hands in nothing, needs no stack
  --url <address>         a project other than the stack on this machine; its secret key in SUPABASE_SECRET_KEY

Ends with 0 when every line is in, 2 when some were refused, 1 when the import could not be done.
`;

/** What the command needs of the process around it. */
export type Surroundings = { root: string; cwd: string; env: NodeJS.ProcessEnv; stdout: Output; stderr: Output };

/** Runs the command and returns its exit code. */
export async function runImport(args: string[], around: Surroundings): Promise<number> {
  try {
    const options = readArguments(args);
    if (options.help) {
      around.stdout.write(USAGE);
      return 0;
    }
    const summary = await importWith(options, around);
    around.stdout.write(summaryText(summary, options['dry-run']));
    return summary.refused > 0 ? 2 : 0;
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    around.stderr.write(`${error.message}\n`);
    return 1;
  }
}

type Options = ReturnType<typeof readArguments>;

function readArguments(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        integration: { type: 'string' },
        organization: { type: 'string' },
        mapping: { type: 'string' },
        encoding: { type: 'string', default: 'utf-8' },
        errors: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        url: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [file, ...more] = positionals;
    if (!values.help && (file === undefined || more.length > 0)) throw new ImportError('Name one CSV file. --help shows how.');
    if (!values.help && !values['dry-run'] && values.integration === undefined) {
      throw new ImportError('Say which integration gets the records: --integration <id or slug>. --help shows how.');
    }
    return { ...values, file: file ?? '', encoding: encodingName(values.encoding) };
  } catch (cause) {
    if (cause instanceof ImportError) throw cause;
    throw new ImportError(`${(cause as Error).message} --help shows how.`, { cause });
  }
}

function encodingName(name: string): string {
  try {
    return new TextDecoder(name).encoding;
  } catch (cause) {
    throw new ImportError(`"${name}" is not a known encoding. Try utf-8, windows-1252 or utf-16le.`, { cause });
  }
}

async function importWith(options: Options, { root, cwd, env, stderr }: Surroundings): Promise<Summary> {
  const file = resolve(cwd, options.file);
  const mapping = await loadMapping(await findMapping(file, options.mapping && resolve(cwd, options.mapping), root));
  const handIn = options['dry-run'] ? nothing : await outboxOf(options, root, env);
  const bar = progressBar(stderr);
  const refused = refusedReport(stderr, options.errors && resolve(cwd, options.errors));
  try {
    return await importFile({
      file,
      mapping,
      encoding: options.encoding,
      handIn,
      onHeader: refused.header,
      onRefused: (line) => {
        bar.clear();
        refused.add(line);
      },
      onProgress: bar.show,
    });
  } finally {
    bar.clear();
    refused.finish();
  }
}

const nothing: HandIn = (records) => Promise.resolve({ added: records.length, changed: 0, unchanged: 0, refused: [] });

async function outboxOf(options: Options, root: string, env: NodeJS.ProcessEnv): Promise<HandIn> {
  const outbox = openOutbox(await findAddress(root, options.url, env));
  return outbox.handInTo(await outbox.findIntegration(options.integration ?? '', options.organization));
}

async function findMapping(file: string, named: string | undefined, root: string): Promise<string> {
  if (named !== undefined) return named;
  const beside = `${file.replace(/\.csv$/i, '')}.mapping.json`;
  return access(beside).then(() => beside, () => resolve(root, 'samples/spending.mapping.json'));
}

if (import.meta.main) {
  process.exitCode = await runImport(process.argv.slice(2), {
    root: resolve(import.meta.dirname, '..'),
    // npm runs scripts from the project's folder and keeps in INIT_CWD where the person stood.
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
  });
}
