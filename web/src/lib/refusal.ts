const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A refusal in the words of the table, with what was filled in; null where it has none. */
export function translated(message: string, table: Readonly<Record<string, string>>): string | null {
  for (const [said, words] of Object.entries(table)) {
    const found = new RegExp(`^${escaped(said).replaceAll('%s', '(.+?)')}$`).exec(message);
    if (found) return found.slice(1).reduce((text, value) => text.replace('%s', () => value), words);
  }
  return null;
}
