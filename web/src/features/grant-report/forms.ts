import { bufdir20261 } from './form/bufdir-2026-1.ts';
import type { Template } from './form/template.ts';

/** Every form there is, each in every version by which something may have been handed in; the newest of a scheme first. */
export const FORMS: readonly [Template, ...Template[]] = [bufdir20261];

export const formKey = ({ scheme, version }: Pick<Template, 'scheme' | 'version'>): string => `${scheme}@${version}`;

/** The form an address asks for, or the first. */
export const formOf = (search: URLSearchParams): Template => FORMS.find((form) => formKey(form) === search.get('form')) ?? FORMS[0];
