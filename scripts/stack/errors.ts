/** A fault whose message is one sentence for the person at the keyboard: what is wrong and what to do. */
export class StackError extends Error {
  override name = 'StackError';
}

const reset = 'run "npm start -- --reset" to begin anew';

/** The sentence for a fault of the file system or network, or null if it is none of those known. */
export function systemSentence(error: unknown, path: string): string | null {
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return noPermission(path);
  if (code === 'ENOTDIR' || code === 'EEXIST') return `${path} is not a directory: move that file away and start again.`;
  return null;
}

export function diskFull(path: string): string {
  return `The disk that holds ${path} is full: free some space (Syncward needs about 300 MB) and start again.`;
}

export function noPermission(path: string): string {
  return `Missing permission to write ${path}: make it yours (chown or chmod) or start as the user who owns it.`;
}

export function portTaken(port: number, purpose: string): string {
  return `Port ${port} (${purpose}) is taken by another program: stop that one, or use other ports with "npm start -- --ports free".`;
}

export function halfWritten(path: string): string {
  return `The data in ${path} is incomplete, because its first start was interrupted: ${reset}.`;
}

export function otherVersion(path: string, found: string, wanted: string): string {
  return `The data in ${path} was written by Postgres ${found} and this is Postgres ${wanted}: move it away, or ${reset}.`;
}

export function alreadyRunning(path: string, pid: number): string {
  return `Syncward is already running on ${path} (process ${pid}): stop that one first.`;
}

export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs `work`; a fault of the file system at `path` becomes its sentence, everything else passes through. */
export async function withSentence<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const sentence = systemSentence(error, path);
    if (sentence) throw new StackError(sentence, { cause: error });
    throw error;
  }
}
