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
    /** Of what we stopped ourselves, by our own code: there the system has said nothing. */
    own: {
      settings_invalid: 'Oppsettet passer ikke til systemet. Meldingen sier hvilket felt; rett det under Oppsett.',
      credential_missing: 'Det er ikke lagt inn noen nøkkel, eller den mangler en del. Legg den inn med «Ny nøkkel».',
      direction_unsupported: 'Integrasjonen skal sende, men systemet kan bare hentes fra, eller omvendt. Be den som drifter rette retningen.',
      cursor_stuck: 'Systemet sier at det er mer, men gir den samme siden om igjen. Hent fra begynnelsen under Oppsett; skjer det igjen, spør leverandøren.',
      record_too_large: 'En post som ble hentet, er større enn 1 MB. Hent færre felt.',
      own_rate_limit: 'Ingenting haster: vi holder oss innenfor grensen systemet har oppgitt, og fortsetter av oss selv.',
      never_started: 'Funksjonen som snakker med systemet, svarte ikke. Si fra til den som drifter.',
      stuck: 'Kjøringen døde flere ganger på rad. Si fra til den som drifter.',
      connector_error: 'Feilen ligger hos oss, ikke i dataene. Gi meldingen til den som drifter.',
      slice_lost: 'Vi stanset før svaret var skrevet ned. Systemet blir spurt om posten før noe sendes igjen.',
      changed_after_export: 'En tidligere versjon er bokført, og systemet kan ikke erstatte den. Rett den der, og legg så bort denne.',
      payload_missing: 'Posten mangler noe systemet må ha. Legg det til i kilden, eller rediger posten her.',
      payload_invalid: 'Verdien kan ikke sendes som den er. Rett den her for alle postene samlet, eller rett koblingen i oppsettet.',
      payload_unknown_key: 'Feltet er ikke koblet til noe i systemet. Koble det i oppsettet, eller sett det til «none» så det utelates. Prøv så på nytt.',
      answer_unexpected: 'Systemet svarte på en måte vi ikke kjenner. Se i systemet om posten er der, og gi meldingen til den som drifter.',
      ADDRESS_NOT_ALLOWED: 'Adressen i oppsettet kan ikke brukes: den må begynne med https:// og kunne nås fra internett.',
      NAME_NOT_FOUND: 'Adressen i oppsettet finnes ikke. Se om den er skrevet riktig; ellers prøver vi igjen av oss selv.',
      TLS_FAILED: 'Sertifikatet til systemet er ikke til å stole på. Leverandøren må fornye det, eller så er adressen feil.',
      REDIRECT_NOT_FOLLOWED: 'Systemet har flyttet til en annen adresse. Legg den nye inn i oppsettet.',
    } as Record<string, string>,
    saidByUs: 'Melding fra Syncward',
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
