import { counter } from './plural.ts';

const count = counter('nb-NO');

/** One field before and after, in words. */
export type Change = { field: string; before: string; after: string; more: number };

const changed = ({ field, before, after, more }: Change): string =>
  `${field} fra ${before} til ${after}${more > 0 ? ` og ${count(more, 'felt', 'felt')} til` : ''}`;

/** What to do about a refusal, by its category, and what helped the last time. */
export const nbAdvice = {
  advice: {
    categories: {
      validation: 'Rett verdien her for alle postene samlet, eller gjør den gyldig i det andre systemet. Prøv så på nytt.',
      schema: 'Feltet finnes ikke, eller er av et annet slag enn det som ble sendt. Se over koblingen i oppsettet, og prøv på nytt.',
      not_found: 'Det posten viser til, finnes ikke i det andre systemet. Opprett det der, eller rett verdien her.',
      conflict: 'Noe i det andre systemet står i veien. Se hva som er der fra før, så det samme ikke blir ført to ganger.',
      auth: 'Nøkkelen må fornyes. Ingenting kommer over før det er gjort, og å vente hjelper ikke.',
      permission: 'Nøkkelen virker, men mangler en rettighet. Den som styrer tilgang i det andre systemet, må gi den.',
      rate_limit: 'Ingenting haster: vi venter så lenge systemet ber om, og prøver igjen av oss selv.',
      server: 'Systemet svarer ikke som det skal. Vi prøver igjen av oss selv; det kan ta noen timer.',
      timeout: 'Systemet svarte ikke i tide. Vi spør det før noe sendes igjen.',
    } as Record<string, string>,
    inSystem: (system: string) => `I ${system}`,
    more: (host: string) => `Les mer på ${host} (ny fane)`,
    record: 'Se posten',
    cause: 'Se årsaken',
    last: 'Sist',
    somebody: 'noen',
    quote: (text: string) => `«${text}»`,
    fixes: {
      corrected: (who: string, change: Change | null) => `${who} rettet ${change ? changed(change) : 'en verdi'}, og posten kom over.`,
      edited: (who: string, change: Change | null) => `${who} redigerte posten${change ? `, ${changed(change)}` : ''}, og den kom over.`,
      handed_in: (change: Change | null) => `Posten kom inn på nytt${change ? ` med ${changed(change)}` : ''}, og kom over.`,
      credential: (who: string) => `${who} byttet nøkkelen, og posten kom over.`,
      settings: (who: string) => `${who} endret innstillingene, og posten kom over.`,
      retried: (who: string) => `${who} prøvde på nytt uten å endre noe, og posten kom over.`,
      byItself: (after: string | null) => `Det gikk over av seg selv${after ? ` etter ${after}` : ''}.`,
      dismissed: (who: string, reason: string) => `${who} la posten bort: ${reason}`,
    },
  },
};
