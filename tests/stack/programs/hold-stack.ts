// Starts a stack and keeps it: `node hold-stack.ts <directory or ""> [database port]`. Prints one line of JSON when it
// is up, or the sentence why not; stops at SIGTERM.
import { join } from 'node:path';
import { startStack, StackError } from '../../../scripts/stack/index.ts';

const [directory = '', port = '0'] = process.argv.slice(2);

try {
  const stack = await startStack({
    directory: directory === '' ? undefined : directory,
    ports: { database: Number(port) },
    parts: ['api', 'functions', 'doorbell', 'clock'],
    migrations: null,
    functionsFolder: join(import.meta.dirname, '..', 'functions'),
    durable: false,
  });
  process.on('SIGTERM', () => void stack.stop().then(() => process.exit(0)));
  console.log(JSON.stringify({ directory: stack.directory, databaseUrl: stack.databaseUrl, apiUrl: stack.apiUrl }));
} catch (error) {
  console.log(JSON.stringify({ sentence: error instanceof StackError ? error.message : String(error) }));
  process.exit(1);
}
