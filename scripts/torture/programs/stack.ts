// A whole stack in a process of its own, so that it can be killed: `node stack.ts <JSON>`. Prints one line of JSON when it is up.
import { mkdir } from 'node:fs/promises';
import { startStack } from '../../stack/index.ts';
import { hurry } from '../hurried-clock.ts';
import { environment, functionsFolder } from '../parts.ts';

const { directory, database, api, mailboxUrl, minuteMs } = JSON.parse(process.argv[2] ?? '{}') as Record<'directory' | 'mailboxUrl', string>
  & Record<'database' | 'api' | 'minuteMs', number>;
await mkdir(directory, { recursive: true });
const stack = await startStack({
  directory, ports: { database, api }, parts: ['api', 'functions', 'doorbell'], functionsFolder, functionsEnv: environment(mailboxUrl),
  onLog: (source, line) => process.stderr.write(`${source}: ${line}\n`),
});
const clock = hurry(stack.databaseUrl, minuteMs, (line) => process.stderr.write(`clock: ${line}\n`));
process.on('SIGTERM', () => void clock.stop().then(() => stack.stop()).then(() => process.exit(0)));
process.on('SIGUSR2', () => void stack.functions.idle().then(() => console.log('"idle"'), () => undefined));
console.log(JSON.stringify({ databaseUrl: stack.databaseUrl }));
