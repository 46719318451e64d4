import { createServer } from 'node:net';
import { errorCode, portTaken, StackError } from './errors.ts';

/** A port that was free a moment ago, chosen by the system. */
export async function freePort(): Promise<number> {
  return listenOnce(0);
}

/** `port` if it can be listened on, a free one for 0; throws the sentence to show when it is taken. */
export async function claimPort(port: number, purpose: string): Promise<number> {
  try {
    return await listenOnce(port);
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') throw new StackError(portTaken(port, purpose), { cause: error });
    if (errorCode(error) === 'EACCES') {
      throw new StackError(`Port ${port} (${purpose}) needs more rights than this user has: choose one above 1023.`, { cause: error });
    }
    throw error;
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
