import { generalFaults } from './general.ts';
import { inKeys } from './keys.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * HubSpot's sentences name portals, forms and objects; a field is only what it gives as one (`name`, `in`, `context.propertyName`) or puts
 * in quotes. What an app may not do it says in the sentence at the top; the list beneath only names scopes.
 * @see https://developers.hubspot.com/docs/api-reference/error-handling
 */
export const hubspot: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const body = inKeys(answer.json);
    const [message, category] = [body.get('message'), body.get('category')];
    if (category === 'MISSING_SCOPES' && typeof message === 'string') {
      return [{ message, code: category, field: null, status: null, category: 'permission' }];
    }
    const errors = body.get('errors');
    if (!Array.isArray(errors)) return null;
    return generalFaults(answer, 1_000).map((fault) => {
      const own: unknown = errors.find((error) => inKeys(error).get('message') === fault.message);
      return { ...fault, field: fault.field ?? fieldOf(own) };
    });
  },
  refine(fault: Fault): Partial<Fault> {
    const quoted = /["'“`]([a-z]\w{0,60})["'”`] (?:does not exist|is |was |must |has |cannot |already )/.exec(fault.message);
    const bare = /\b[Pp]roperty (?!value)([a-z]\w{0,60}) (?:does not exist|already has)/.exec(fault.message);
    const listed = /\brequired (?:fields|attributes) \w+ not set:? \[(\w{1,60})|\b(?:path|query) parameter: (\w{1,60})$/.exec(fault.message);
    return { field: fault.field ?? quoted?.[1] ?? bare?.[1] ?? listed?.[1] ?? listed?.[2] ?? null };
  },
};

function fieldOf(error: unknown): string | null {
  const keys = inKeys(error);
  const context = inKeys(keys.get('context'));
  const named = [keys.get('in'), ...['propertyname', 'propertynames', 'properties', 'property'].map((key) => context.get(key))];
  const field = named.map((value): unknown => (Array.isArray(value) ? value[0] : value)).find((value) => typeof value === 'string' && value !== '');
  return typeof field === 'string' ? field : null;
}
