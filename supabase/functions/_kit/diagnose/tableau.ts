import type { SystemReader } from './types.ts';

/**
 * Tableau's sentences name no field; its code is the status and three digits of its own. The query service of the same vendor does name
 * one: "Unknown Field: Foo."
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_errors.htm
 */
export const tableau: SystemReader = {
  refine(fault) {
    return { field: fault.field ?? /^Unknown Field: ([^.]{1,100})/i.exec(fault.message)?.[1] ?? null };
  },
};
