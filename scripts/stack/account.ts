import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StackError } from './errors.ts';

/** Who Postgres runs as, and how a command is started as that user. */
export type Account = {
  /** Owner for the files Postgres reads; null: whoever runs this. */
  owner: { uid: number; gid: number } | null;
  /** The command to spawn instead of `program` with `args`. */
  command(program: string, args: string[]): { program: string; args: string[]; uid?: number; gid?: number };
};

/**
 * Postgres refuses to run as root. Started by root it runs as the owner of the data it finds, else as the system user
 * `postgres`, which is made when missing.
 * @throws StackError when that user can't be made or can't reach the paths.
 */
export function chooseAccount(dataDirectory: string, paths: string[]): Account {
  if (process.getuid?.() !== 0) return { owner: null, command: (program, args) => ({ program, args }) };
  const owner = ownerOf(dataDirectory) ?? systemUser();
  if (paths.every((path) => reachable(path, owner))) {
    return { owner, command: (program, args) => ({ program, args, ...owner }) };
  }
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
  if (!setpriv) {
    throw new StackError(`Postgres can't run as root and its own user can't reach ${dataDirectory}: start Syncward as an ordinary user.`);
  }
  return { owner, command: (program, args) => ({ program: setpriv, args: [...throughClosedFolders(owner), program, ...args] }) };
}

/**
 * A project below a folder closed to others (root's home, a private temporary folder) is out of reach for the user
 * `postgres`. It gets one capability, to pass closed folders, and loses all others. The securebit makes access(2),
 * with which Postgres looks for its own program, count that capability.
 */
function throughClosedFolders(owner: { uid: number; gid: number }): string[] {
  const only = '=-all,+dac_override';
  return [
    '--securebits=+no_setuid_fixup', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups',
    `--inh-caps${only}`, `--ambient-caps${only}`, `--bounding-set${only}`, 'sh', '-c', 'exec "$0" "$@"',
  ];
}

function ownerOf(path: string): { uid: number; gid: number } | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && stat.uid !== 0 ? { uid: stat.uid, gid: stat.gid } : null;
}

function systemUser(): { uid: number; gid: number } {
  const known = lookUp();
  if (known) return known;
  try {
    execFileSync('groupadd', ['--system', '--force', 'postgres'], { stdio: 'ignore' });
    execFileSync('useradd', ['--system', '--gid', 'postgres', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'], { stdio: 'ignore' });
  } catch (error) {
    throw new StackError("Postgres can't run as root and no user named postgres could be made: start Syncward as an ordinary user.", { cause: error });
  }
  const made = lookUp();
  if (!made) throw new StackError("Postgres can't run as root and the new user postgres is not to be found: start Syncward as an ordinary user.");
  return made;
}

function lookUp(): { uid: number; gid: number } | null {
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}

function reachable(path: string, user: { uid: number; gid: number }): boolean {
  for (let part = path; ; part = dirname(part)) {
    const stat = statSync(part, { throwIfNoEntry: false });
    if (stat) {
      const shift = stat.uid === user.uid ? 6 : stat.gid === user.gid ? 3 : 0;
      // A folder must let the user pass, a program must also be readable.
      const needed = (stat.isDirectory() ? 0o1 : 0o5) << shift;
      if ((stat.mode & needed) !== needed) return false;
    }
    if (dirname(part) === part) return true;
  }
}
