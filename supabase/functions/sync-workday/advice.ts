import type { Advice } from '../_kit/advice.ts';

const directory = 'https://community.workday.com/sites/default/files/file-hosting/productionapi';

export const advice: Advice = {
  auth: {
    nb: 'Be en sikkerhetsadministrator i Workday se om integrasjonsbrukeren er låst eller passordet er utløpt, og legg inn det nye her.',
    en: 'Ask a Workday security administrator whether the integration system user is locked or its password has expired, and set the new one here.',
    link: `${directory}/index.html`,
  },
  permission: {
    nb: 'Integrasjonsbrukerens sikkerhetsgruppe mangler tilgang til domenet: Get for å hente, Put for å sende. Endringen må aktiveres i Workday.',
    en: 'The security group of the integration system user lacks the domain: Get to fetch, Put to send. The change has to be activated in Workday.',
  },
  rate_limit: {
    nb: 'Vi venter til Workday slipper til igjen. Varer det, se om andre integrasjoner kjører på samme tid.',
    en: 'We wait until Workday lets us in again. If it lasts, see whether other integrations run at the same time.',
  },
  validation: {
    nb: 'Er verdien riktig, må den finnes i Workday som referanse-ID: ansattnummer, lønnsart eller kostnadssted. Ellers rettes den her.',
    en: 'If the value is right it has to exist in Workday as a reference id: employee, earning or deduction, cost center. Otherwise correct it here.',
    link: `${directory}/Payroll/v40.0/Import_Payroll_Input.html`,
  },
  conflict: {
    nb: 'Lønnsgrunnlaget finnes fra før eller er endret i mellomtiden. Se på den ansatte i Workday hva som ligger der, før du sender igjen.',
    en: 'The payroll input exists or was changed meanwhile. See at the employee in Workday what is there before you send again.',
    link: `${directory}/Payroll/v40.0/Import_Payroll_Input.html`,
  },
  server: {
    nb: 'Se om dere selv kommer inn i Workday, som er nede for vedlikehold noen netter. Ingenting må gjøres her; postene prøves igjen.',
    en: 'See whether you get into Workday, which is down for maintenance on some nights. There is nothing to do here; the records are tried again.',
  },
};
