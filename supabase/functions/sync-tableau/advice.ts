import type { Advice } from '../_kit/advice.ts';

const help = 'https://help.tableau.com/current';
const tokens = `${help}/server/en-us/security_personal_access_tokens.htm`;
const errors = `${help}/api/rest_api/en-us/REST/rest_api_concepts_errors.htm`;

export const advice: Advice = {
  auth: {
    nb: 'Lag et nytt personlig tilgangstoken under My Account Settings for brukeren. Det dør etter 15 dager uten bruk, og må ikke deles med andre.',
    en: 'Make a new personal access token under My Account Settings of the user. It dies after 15 days without use, and must not be shared.',
    link: tokens,
  },
  permission: {
    nb: 'Gi brukeren rett til arbeidsboken eller datakilden, og en nettstedsrolle som får kjøre oppdateringer.',
    en: 'Give the user the right to the workbook or data source, and a site role that may run refreshes.',
    link: `${help}/api/rest_api/en-us/REST/rest_api_concepts_permissions.htm`,
  },
  rate_limit: {
    nb: 'For mange kall på kort tid. Det går over av seg selv; varer det, be om færre oppdateringer samtidig.',
    en: 'Too many calls in a short time. It passes by itself; if it lasts, ask for fewer refreshes at the same time.',
    link: errors,
  },
  validation: {
    nb: 'Se at ID-en tilhører en arbeidsbok, datakilde eller oppgave på det nettstedet, og at den har et uttrekk som kan oppdateres.',
    en: 'See that the id is that of a workbook, data source or task of that site, and that it has an extract to refresh.',
    link: errors,
  },
  conflict: {
    nb: 'En oppdatering av det samme uttrekket går eller venter alt. Se under Jobs i Tableau, og vent til den er ferdig.',
    en: 'A refresh of the same extract is running or queued already. See Jobs in Tableau, and wait until it is done.',
    link: errors,
  },
  server: {
    nb: 'Spør den som drifter Tableau om serveren er oppe, eller se statussiden for Tableau Cloud.',
    en: 'Ask whoever operates Tableau whether the server is up, or see the status page of Tableau Cloud.',
    link: errors,
  },
};
