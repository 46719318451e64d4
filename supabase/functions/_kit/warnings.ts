import { HttpFailure } from './http.ts';

/**
 * What a look at one part of a system has against it, as the warnings of a check: an integration may well do without that part. A
 * refused credential, and what passes by itself, is thrown on.
 * @example await warningsOf('Records cannot be sent', () => call(ctx, 'properties/our_key')) // ['Records cannot be sent: No such property.']
 */
export async function warningsOf(what: string, look: () => Promise<unknown>): Promise<string[]> {
  try {
    await look();
    return [];
  } catch (error) {
    if (!(error instanceof HttpFailure) || error.delivered !== 'refused') throw error;
    if (error.diagnosis.category === 'auth' || error.diagnosis.retryable) throw error;
    return [`${what}: ${error.diagnosis.message}`];
  }
}
