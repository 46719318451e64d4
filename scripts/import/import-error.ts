/** Something that stops an import, said in one sentence to the person who started it. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}
