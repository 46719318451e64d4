import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/** Tells what a function can get at. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { file, host } = await request.json() as { file: string; host: string };
    return Response.json({
      read: await outcome(() => readFileSync(file, 'utf8')),
      write: await outcome(() => writeFileSync(file, 'x')),
      call: await outcome(() => fetch(host)),
      environment: Object.keys(process.env).sort(),
    });
  },
};

async function outcome(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return 'allowed';
  } catch (error) {
    return error instanceof Error ? error.name : 'refused';
  }
}
