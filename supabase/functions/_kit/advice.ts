import type { Category } from './diagnose.ts';

/** What a person does about a refusal, in both languages, and the vendor's own page on it where there is one. */
export type Said = { nb: string; en: string; link?: string };

/** What is so whatever the category: by the system's own codes, or by the field it blames (our payload's key or the system's name). */
export type Case = Said & { codes?: readonly string[]; fields?: readonly string[] };

/**
 * What to do in one system, by category of refusal: concretely, where in the system a person who knows its books but not its
 * interface goes. It is data of the connector's folder (`advice.ts`), gathered by `npm run generate` for the page to read. A system
 * that is sent to has a `conflict`, too. What is left out is said as its neighbour: `timeout` as `server`, `schema` and `not_found` as
 * `validation`.
 */
export type Advice =
  & Record<'auth' | 'permission' | 'rate_limit' | 'validation' | 'server', Said>
  & Partial<Record<Category, Said>>
  & {
    /** Looked at first. A date in a closed period is one. */
    cases?: readonly Case[];
  };
