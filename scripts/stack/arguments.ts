import { parseArgs } from 'node:util';
import { messageOf, StackError } from './errors.ts';
import type { Ports } from './index.ts';

/** What `npm start` was asked for. */
export type StartArguments = { reset: boolean; directory: string; ports: StartPorts; help: boolean };
export type StartPorts = Ports & { mailbox: number; simulators: number };

export const usage = `npm start                       start on the data in .syncward
npm start -- --reset            throw that data away and begin anew
npm start -- --ports free       listen on free ports instead of 54321 and those after it
npm start -- --directory PATH   keep the data elsewhere
SYNCWARD_PORT_BASE=60000        move all ports: 60000 instead of 54321, and so on`;

/** Reads the command line and environment; throws the sentence to show when they make no sense. */
export function readArguments(argv: string[], env: NodeJS.ProcessEnv, defaultDirectory: string): StartArguments {
  const { reset, ports, directory, help } = parse(argv);
  if (ports !== undefined && ports !== 'free') throw new StackError(`--ports takes the word free, not ${JSON.stringify(ports)}.`);
  return { reset: reset ?? false, help: help ?? false, directory: directory ?? defaultDirectory, ports: choosePorts(ports, env.SYNCWARD_PORT_BASE) };
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: { reset: { type: 'boolean' }, ports: { type: 'string' }, directory: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    throw new StackError(`${messageOf(error).split('. ')[0]}. These are known:\n${usage}`, { cause: error });
  }
}

function choosePorts(choice: string | undefined, base: string | undefined): StartPorts {
  if (choice === 'free') return { api: 0, database: 0, functions: 0, mailbox: 0, page: 0, simulators: 0 };
  const first = Number(base ?? '54321');
  if (!Number.isInteger(first) || first < 1024 || first > 65_500) {
    throw new StackError(`SYNCWARD_PORT_BASE must be a number from 1024 to 65500, not ${JSON.stringify(base)}.`);
  }
  return { api: first, database: first + 1, functions: first + 2, mailbox: first + 3, page: first + 4, simulators: first + 9 };
}
