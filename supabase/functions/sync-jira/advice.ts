import type { Advice } from '../_kit/advice.ts';

const support = 'https://support.atlassian.com';

export const advice: Advice = {
  auth: {
    nb: 'API-nøkler hos Atlassian varer høyst ett år. Lag en ny under kontoens sikkerhetsinnstillinger, som brukeren integrasjonen bruker.',
    en: 'Atlassian’s API tokens expire after a year at most. Make a new one in the security settings of the account the integration uses.',
    link: `${support}/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/`,
  },
  permission: {
    nb: 'Gi brukeren rett til å opprette saker i prosjektet. Finner ikke Jira prosjektet, får brukeren som regel ikke se det.',
    en: 'Give the user the permission to create work items in the project. If Jira does not find the project, the user may usually not see it.',
    link: `${support}/jira-cloud-administration/docs/manage-global-permissions/`,
  },
  rate_limit: {
    nb: 'Vi venter så lenge Jira ber om. Varer det, se hvilke andre apper som går mot det samme nettstedet.',
    en: 'We wait as long as Jira asks. If it lasts, see which other apps use the same site.',
    link: 'https://developer.atlassian.com/cloud/jira/platform/rate-limiting/',
  },
  validation: {
    nb: 'Se prosjektets skjermbilder og felt: feltet må stå på skjermen for å opprette saker, og påkrevde felt må ha en verdi.',
    en: 'See the project’s screens and fields: the field has to be on the screen for creating, and required fields need a value.',
    link: `${support}/jira-cloud-administration/docs/configure-fields-and-screens/`,
  },
  conflict: {
    nb: 'Søk i prosjektet etter merkelappen vår (label), og se om saken alt er der.',
    en: 'Search the project for our label and see whether the work item is there already.',
    link: 'https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/',
  },
  server: {
    nb: 'Se Atlassians driftsside for Jira. Ingenting må gjøres her; postene prøves igjen.',
    en: 'See Atlassian’s status page for Jira. There is nothing to do here; the records are tried again.',
    link: 'https://jira-software.status.atlassian.com/',
  },
};
