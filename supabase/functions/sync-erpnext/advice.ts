import type { Advice } from '../_kit/advice.ts';

const docs = 'https://docs.frappe.io';

export const advice: Advice = {
  auth: {
    nb: 'Åpne brukeren i ERPNext og lag nye nøkler under API Access. Hemmeligheten vises bare én gang.',
    en: 'Open the user in ERPNext and generate new keys under API Access. The secret is shown once only.',
    link: `${docs}/framework/user/en/api/rest`,
  },
  permission: {
    nb: 'Gi brukeren bak nøkkelen en rolle som får opprette og sende inn dokumenttypen, og se om User Permissions stenger selskapet ute.',
    en: 'Give the user behind the key a role that may create and submit the document type, and see whether User Permissions shut it out.',
    link: `${docs}/erpnext/user-permissions`,
  },
  rate_limit: {
    nb: 'Grensen settes i nettstedets eget oppsett. Be den som drifter ERPNext, om å heve den.',
    en: 'The limit is set in the site’s own configuration. Ask whoever operates ERPNext to raise it.',
    link: `${docs}/framework/user/en/rate-limiting`,
  },
  validation: {
    nb: 'Er verdien riktig, må kontoen, kostnadsstedet eller prosjektet finnes med akkurat det navnet, i samme selskap og ikke som gruppe.',
    en: 'If the value is right, the account, Cost Center or project has to exist by exactly that name, in the same company and not as a group.',
    link: `${docs}/erpnext/cost-center`,
  },
  conflict: {
    nb: 'Et dokument med samme navn finnes, eller noen endret det i mellomtiden. Åpne det i ERPNext og se om det alt er ført.',
    en: 'A document of that name exists, or somebody changed it meanwhile. Open it in ERPNext and see whether it is booked already.',
    link: `${docs}/framework/user/en/api/rest`,
  },
  server: {
    nb: 'Nettstedet svarer ikke eller oppdateres. Varer det, spør den som drifter ERPNext.',
    en: 'The site does not answer or is being updated. If it lasts, ask whoever operates ERPNext.',
    link: `${docs}/framework/user/en/api/rest`,
  },
  cases: [{
    codes: ['ClosedAccountingPeriod'],
    fields: ['postingDate', 'posting_date', 'Posting Date', 'Bokføringsdato', 'expenseDate', 'expense_date'],
    nb: 'Datoen ligger i en periode som er lukket under Accounting Period. Åpne perioden for dokumenttypen, eller bruk en åpen dato.',
    en: 'The date is in a period that is closed under Accounting Period. Open it for the document type, or use an open date.',
    link: `${docs}/erpnext/accounting-period`,
  }],
};
