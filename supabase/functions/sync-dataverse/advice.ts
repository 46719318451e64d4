import type { Advice } from '../_kit/advice.ts';

const admin = 'https://learn.microsoft.com/power-platform/admin';
const developer = 'https://learn.microsoft.com/power-apps/developer/data-platform';

export const advice: Advice = {
  auth: {
    nb: 'Lag en ny klienthemmelighet for appen i Microsoft Entra, og se i Power Platform-administrasjonssenteret at den er programbruker i miljøet.',
    en: 'Make a new client secret for the app in Microsoft Entra, and see in the Power Platform admin center that it is an application user.',
    link: `${admin}/manage-application-users`,
  },
  permission: {
    nb: 'Åpne programbrukeren i Power Platform-administrasjonssenteret og gi den en sikkerhetsrolle som får lese og skrive i tabellen.',
    en: 'Open the application user in the Power Platform admin center and give it a security role that may read and write the table.',
    link: `${admin}/manage-application-users`,
  },
  rate_limit: {
    nb: 'Grensene gjelder per bruker over fem minutter. Se om andre integrasjoner bruker den samme programbrukeren, og gi dem hver sin.',
    en: 'The limits are per user over five minutes. See whether other integrations use the same application user, and give each its own.',
    link: `${developer}/api-limits`,
  },
  validation: {
    nb: 'Se i tabellen i Power Apps om kolonnen finnes, hvilken type den har, og om raden det vises til er opprettet.',
    en: 'See in the table in Power Apps whether the column exists, of which type it is, and whether the row referred to was made.',
    link: `${developer}/webapi/create-entity-web-api`,
  },
  conflict: {
    nb: 'En rad med samme nøkkel finnes fra før, eller en regel for duplikatsøk slår til. Finn raden og slå dem sammen, eller endre regelen.',
    en: 'A row with the same key exists, or a duplicate detection rule applies. Find the row and merge the two, or change the rule.',
    link: `${admin}/detect-duplicate-records`,
  },
  server: {
    nb: 'Be en administrator se driftsmeldingene for miljøet i Power Platform-administrasjonssenteret.',
    en: 'Ask an administrator to see the service health of the environment in the Power Platform admin center.',
    link: `${admin}/check-online-service-health`,
  },
};
