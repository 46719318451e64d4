import { template } from './template.ts';

/**
 * What a report on a grant for peer support asks for: who reports on which grant, and what was done in the period. Bufdir takes reports
 * by hand, in its application portal behind a personal log-in, and publishes no form as data: these are an example's fields, to be
 * fitted to the letter of award of the scheme in question as the next version.
 */
export const bufdir20261 = template.parse({
  scheme: 'bufdir-likepersonarbeid',
  version: '2026-1',
  title: 'Rapport om bruk av tilskudd til likepersonarbeid',
  source: {
    nb: 'Et eksempel: Bufdir gir ikke ut skjemaet som data. Sammenlign med rapportoppgaven i søknadsportalen og tilskuddsbrevet før bruk.',
    en: 'An example: Bufdir publishes no such form as data. Compare it with the report task in its portal and the letter of award before use.',
  },
  sourceTypes: ['activity'],
  currency: 'NOK',
  rows: { least: 1, most: 10_000 },
  fields: [
    { key: 'organization', title: 'Organisasjon', as: 'text', required: true, minLength: 2, maxLength: 255 },
    {
      key: 'organizationNumber',
      title: 'Organisasjonsnummer',
      as: 'text',
      required: true,
      pattern: '^[89]\\d{8}$',
      patternSays: { nb: 'ni sifre som begynner med 8 eller 9', en: 'nine digits that begin with 8 or 9' },
    },
    { key: 'grantNumber', title: 'Tilskuddsnummer', as: 'text', required: true, maxLength: 40 },
    { key: 'contact', title: 'Kontaktperson', as: 'text', required: true, maxLength: 100 },
    { key: 'spent', title: 'Brukt av tilskuddet', as: 'decimal', required: true, least: '0' },
    { key: 'summary', title: 'Oppsummering', as: 'text', required: true, minLength: 50, maxLength: 4_000 },
  ],
  columns: [
    { key: 'reference', from: 'sourceId', title: 'Referanse', as: 'text', required: true, maxLength: 60 },
    { key: 'day', from: 'occurredOn', title: 'Dato', as: 'date', required: true },
    {
      key: 'activity',
      from: 'activity',
      title: 'Aktivitet',
      as: 'choice',
      required: true,
      choices: ['samtale', 'gruppe', 'kurs', 'besøk', 'annet'],
    },
    { key: 'description', from: 'description', title: 'Beskrivelse', as: 'text', maxLength: 500 },
    {
      key: 'municipality',
      from: 'municipality',
      title: 'Kommunenummer',
      as: 'text',
      pattern: '^\\d{4}$',
      patternSays: { nb: 'fire sifre', en: 'four digits' },
    },
    { key: 'participants', from: 'participants', title: 'Deltakere', as: 'whole', required: true, least: '0', most: '100000' },
    { key: 'hours', from: 'hours', title: 'Timer', as: 'decimal', decimals: 2, least: '0', most: '10000' },
    { key: 'amount', from: 'amount', title: 'Kostnad', as: 'decimal', required: true },
    { key: 'currency', from: 'currency', title: 'Valuta', as: 'text', required: true },
  ],
  unique: ['reference'],
  sums: [{ field: 'spent', column: 'amount' }],
});
