import type { Advice } from '../_kit/advice.ts';

const docs = 'https://learn.microsoft.com/dynamics365/business-central';

export const advice: Advice = {
  auth: {
    nb: 'Lag en ny klienthemmelighet for appen i Microsoft Entra, og se at appen står som aktivert på siden «Microsoft Entra Applications».',
    en: 'Make a new client secret for the app in Microsoft Entra, and see that the page Microsoft Entra Applications has it as enabled.',
    link: `${docs}/dev-itpro/administration/automation-apis-using-s2s-authentication`,
  },
  permission: {
    nb: 'Åpne appen på siden «Microsoft Entra Applications» og gi den tillatelsessettet den mangler, for selskapet det gjelder.',
    en: 'Open the app on the page Microsoft Entra Applications and give it the permission set it lacks, for the company in question.',
    link: `${docs}/dev-itpro/administration/automation-apis-using-s2s-authentication`,
  },
  rate_limit: {
    nb: 'Grensene gjelder per bruker. Se om andre integrasjoner bruker den samme appen samtidig, og gi dem hver sin.',
    en: 'The limits are per user. See whether other integrations use the same app at the same time, and give each its own.',
    link: `${docs}/dev-itpro/administration/operational-limits-online`,
  },
  validation: {
    nb: 'Er verdien riktig, må den finnes i selskapet: søk fram «Kontoplan» eller «Dimensjoner», legg den til eller opphev sperringen. '
      + 'Ellers rettes verdien her.',
    en: 'If the value is right it has to exist in the company: search for Chart of Accounts or Dimensions, add it or unblock it. '
      + 'Otherwise correct the value here.',
    link: `${docs}/finance-dimensions`,
  },
  conflict: {
    nb: 'Noe med samme nummer finnes fra før, eller linjen er endret i mellomtiden. Se etter bilagsnummeret i finanskladden før du sender igjen.',
    en: 'Something with the same number exists, or the line was changed meanwhile. Look for the document number in the general journal first.',
    link: `${docs}/dev-itpro/webservices/dynamics-error-codes`,
  },
  server: {
    nb: 'Be en administrator se i administrasjonssenteret for Business Central om miljøet er oppe, eller holder på å oppdateres.',
    en: 'Ask an administrator to see in the Business Central administration center whether the environment is up, or being updated.',
    link: `${docs}/dev-itpro/administration/tenant-admin-center`,
  },
  cases: [{
    fields: ['postingDate', 'Posting Date', 'Bokføringsdato'],
    nb: 'Datoen ligger utenfor perioden det kan bokføres i: se «Bokf. tillatt fra» og «Bokf. tillatt til» i «Finansoppsett», '
      + 'eller «Brukeroppsett» for brukeren.',
    en: 'The date is outside the period that is open: see Allow Posting From and Allow Posting To in General Ledger Setup, '
      + 'or User Setup for the user.',
    link: `${docs}/finance-how-specify-posting-periods`,
  }],
};
