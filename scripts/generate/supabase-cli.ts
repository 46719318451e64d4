import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const program = resolve(import.meta.dirname, '../../node_modules/.bin/supabase');

/** What a command printed and how it ended. */
export type CliResult = { code: number; stdout: string; stderr: string };

/** Runs the Supabase CLI in a home and a project of its own: it must neither read nor write what the user keeps for other projects. */
export async function runSupabase(args: string[]): Promise<CliResult> {
  const home = await mkdtemp(join(tmpdir(), 'syncward-cli-'));
  try {
    await mkdir(join(home, 'supabase'));
    await writeFile(join(home, 'supabase/config.toml'), 'project_id = "syncward"\n');
    const env = { PATH: process.env.PATH, HOME: home, DO_NOT_TRACK: '1', SUPABASE_TELEMETRY_DISABLED: '1', NO_COLOR: '1', CI: 'true' };
    const options = { env, cwd: home, maxBuffer: 64 * 2 ** 20 };
    return await new Promise<CliResult>((done) => {
      execFile(process.execPath, [program, ...args, '--workdir', home], options, (error, stdout, stderr) => {
        done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
      });
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
