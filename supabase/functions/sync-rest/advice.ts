import type { Advice } from '../_kit/advice.ts';

const status = 'https://www.rfc-editor.org/rfc/rfc9110';

/** Of a system we know nothing of but its answers: what they mean by the standard they come in. */
export const advice: Advice = {
  auth: {
    nb: 'Systemet kjenner ikke nøkkelen. Be den som har ansvar for det, om en ny, og se at måten den sendes på i oppsettet stemmer.',
    en: 'The system does not know the credential. Ask whoever is responsible for a new one, and see that the settings send it in the right way.',
    link: `${status}#name-401-unauthorized`,
  },
  permission: {
    nb: 'Nøkkelen er kjent, men har ikke lov til dette. Be om den rettigheten adressen krever.',
    en: 'The credential is known but may not do this. Ask for the right that the address requires.',
    link: `${status}#name-403-forbidden`,
  },
  rate_limit: {
    nb: 'Systemet vil ha færre kall. Sett grensen i oppsettet lavere, eller kjør sjeldnere.',
    en: 'The system wants fewer calls. Set the limit in the settings lower, or sync less often.',
    link: 'https://www.rfc-editor.org/rfc/rfc6585#section-4',
  },
  validation: {
    nb: 'Sammenlign det som ble sendt med systemets egen beskrivelse av feltet. Stemmer ikke navnene, rettes koblingen i oppsettet.',
    en: 'Compare what was sent with the system’s own description of the field. If the names differ, correct the mapping in the settings.',
    link: `${status}#name-400-bad-request`,
  },
  not_found: {
    nb: 'Adressen finnes ikke, eller det den viser til, er borte. Se over stien i oppsettet.',
    en: 'The address does not exist, or what it refers to is gone. Look over the path in the settings.',
    link: `${status}#name-404-not-found`,
  },
  conflict: {
    nb: 'Systemet har noe fra før som ikke går sammen med dette. Finn det der, og avgjør hva som er riktig.',
    en: 'The system holds something that does not go with this. Find it there, and decide what is right.',
    link: `${status}#name-409-conflict`,
  },
  server: {
    nb: 'Feilen ligger i systemet eller i noe foran det. Varer den, si fra til den som drifter det.',
    en: 'The fault is in the system or in something before it. If it lasts, tell whoever operates it.',
    link: `${status}#name-server-error-5xx`,
  },
};
