import { ApiError } from './api-error.ts';

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A refusal in the words of the table, with what was filled in; null where it has none. */
export function translated(message: string, table: Readonly<Record<string, string>>): string | null {
  for (const [said, words] of Object.entries(table)) {
    const found = new RegExp(`^${escaped(said).replaceAll('%s', '(.+?)')}$`).exec(message);
    if (found) return found.slice(1).reduce((text, value) => text.replace('%s', () => value), words);
  }
  return null;
}

/** The same action, which says a refusal in the words of the table where it has some. The database knows one language only. */
export function translating<C, I, O>(act: (client: C, input: I) => Promise<O>, table: Readonly<Record<string, string>>): (client: C, input: I) => Promise<O> {
  return async (client, input) => {
    try {
      return await act(client, input);
    } catch (error) {
      const words = error instanceof ApiError && error.kind === 'refused' ? translated(error.message, table) : null;
      if (error instanceof ApiError && words !== null) throw new ApiError('refused', { message: words, code: error.code, status: error.status });
      throw error;
    }
  };
}
