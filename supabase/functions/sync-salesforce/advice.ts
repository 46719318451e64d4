import type { Advice } from '../_kit/advice.ts';

const help = 'https://help.salesforce.com/s/articleView?type=5&id=';
const errorCodes = 'https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm';

export const advice: Advice = {
  auth: {
    nb: 'Hent Consumer Key og Secret fra appen under Setup > External Client App Manager, og se at brukeren den kjører som, er aktiv.',
    en: 'Get the Consumer Key and Secret from the app under Setup > External Client App Manager, and see that the user it runs as is active.',
    link: `${help}xcloud.remoteaccess_oauth_client_credentials_flow.htm`,
  },
  permission: {
    nb: 'Gi brukeren appen kjører som, et tillatelsessett (Permission Set) med tilgang til objektet og til hvert felt som sendes.',
    en: 'Give the user the app runs as a permission set with access to the object and to every field that is sent.',
    link: `${help}platform.perm_sets_overview.htm`,
  },
  rate_limit: {
    nb: 'Døgnets kall er brukt opp av hele organisasjonen, ikke bare av oss. Se API Usage i System Overview under Setup.',
    en: 'The calls of the day are used up by the whole organization, not by us alone. See API Usage in the System Overview in Setup.',
    link: `${help}xcloud.setup_system_overview_api.htm`,
  },
  validation: {
    nb: 'Se feltet i Object Manager under Setup: valglisteverdien, den påkrevde verdien eller valideringsregelen. Ellers rettes verdien her.',
    en: 'See the field in the Object Manager in Setup: the picklist value, the required value or the validation rule. Otherwise correct it here.',
    link: errorCodes,
  },
  conflict: {
    nb: 'En duplikatregel stanset posten, eller flere har samme nøkkel. Finn dem i Salesforce og slå dem sammen, eller endre regelen.',
    en: 'A duplicate rule stopped the record, or several hold the key. Find them in Salesforce and merge them, or change the rule.',
    link: `${help}sales.duplicate_rules_map_of_reference.htm`,
  },
  server: {
    nb: 'Se Salesforces driftsside for organisasjonens instans. Ingenting må gjøres her; postene prøves igjen.',
    en: 'See Salesforce’s status page for your instance. There is nothing to do here; the records are tried again.',
    link: 'https://status.salesforce.com/',
  },
};
