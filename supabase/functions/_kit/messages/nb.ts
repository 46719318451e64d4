import type { Catalogue } from './catalogue.ts';

const counted = (one: string, many: string) => (number: number, shown: string): string => `${shown} ${number === 1 ? one : many}`;

/** Norwegian bokmål, in the words a finance officer uses. */
export const nb: Catalogue = {
  intl: 'nb-NO',
  light: { red: 'Rødt', yellow: 'Gult', green: 'Grønt' },
  severity: { critical: 'kritisk', high: 'høy', medium: 'middels', low: 'lav' },
  record: counted('post', 'poster'),
  minute: counted('minutt', 'minutter'),
  hour: counted('time', 'timer'),
  day: counted('dag', 'dager'),
  alarm: {
    sync_failing: {
      headline: ({ name, times }) => (times > 1 ? `${name} har feilet ${times} ganger` : `${name} har feilet`),
      meaning: ({ system, times }) =>
        (times > 1 ? `De siste ${times} kjøringene mot ${system} feilet.` : `Siste kjøring mot ${system} feilet.`)
        + ' Postene er tatt vare på, og ingenting blir sendt to ganger.',
    },
    credential_refused: {
      headline: ({ name }) => `${name} avviser påloggingen`,
      meaning: ({ system }) => `${system} godtar ikke nøkkelen eller passordet som integrasjonen bruker. Det går ikke over av seg selv.`,
    },
    never_started: {
      headline: ({ name }) => `${name} har ikke startet`,
      meaning: () => 'En planlagt kjøring kom aldri i gang.',
    },
    stuck_run: {
      headline: ({ name }) => `${name} står fast`,
      meaning: () => 'En kjøring har stanset underveis uten å melde fra.',
    },
    credential_expired: {
      headline: ({ name }) => `Nøkkelen til ${name} er utløpt`,
      meaning: ({ system }) => `Nøkkelen som integrasjonen bruker mot ${system}, gjelder ikke lenger. Det går ikke over av seg selv.`,
    },
    cause_refused: {
      headline: ({ name }) => `${name} avviser poster`,
      meaning: ({ system }) => `${system} avviser poster av en årsak som må rettes. De blir ikke sendt igjen av seg selv.`,
    },
    failure_rate: {
      headline: ({ name }) => `${name} avviser for mange poster`,
      meaning: ({ system }) => `En for stor andel av postene blir avvist av ${system}, selv om enkelte kjøringer går bra.`,
    },
    unstable: {
      headline: ({ name }) => `${name} feiler av og til`,
      meaning: ({ system }) => `Flere av de siste kjøringene mot ${system} feilet, selv om andre gikk bra.`,
    },
    no_success: {
      headline: ({ name }) => `${name} har ikke hatt en vellykket kjøring på lenge`,
      meaning: ({ system }) => `Det er for lenge siden en kjøring mot ${system} gikk bra.`,
    },
    other: {
      headline: ({ name }) => `${name} trenger tilsyn`,
      meaning: ({ system }) => `Noe med overføringen mellom oss og ${system} er ikke som det skal være.`,
    },
  },
  raised: (severity) => `Saken er blitt mer alvorlig og regnes nå som ${severity}.`,
  reminded: 'Saken var utsatt. Tiden er ute, og den er fortsatt åpen.',
  test: { headline: 'En prøve fra Syncward', meaning: 'Du ba om denne for å se om meldingene når deg. Det gjør de. Ingenting er galt.' },
  asked: {
    headline: (name) => `${name}: en retting venter på godkjenning fra deg`,
    meaning: (by, records) => `${by} har rettet beløp, kontoer eller datoer i ${records}. Ingenting sendes før en annen eier eller administrator har sagt ja.`,
  },
  decided: {
    headline: (name, agreed) => (agreed ? `${name}: rettingen din er godkjent` : `${name}: rettingen din er avslått`),
    meaning: (by, records, agreed) => (agreed ? `${by} har godkjent den, og ${records} blir sendt.` : `${by} har avslått den. Ingenting ble sendt av ${records}.`),
  },
  invited: {
    headline: (organization) => `Du er invitert til ${organization} i Syncward`,
    meaning: (by, role) => `${by} ber deg bli med som ${role}. Syncward viser om det ett system skylder et annet, virkelig er kommet fram.`,
    how: (until) => `Logg inn med adressen denne e-posten kom til. Har du ikke passord, så be om en lenke på innloggingssiden. Invitasjonen gjelder til ${until}.`,
    roles: { owner: 'eier', admin: 'administrator', viewer: 'leser' },
    footer: (by) => `Du får denne e-posten fordi ${by} skrev inn adressen din i Syncward. Kjenner du ikke vedkommende, trenger du ikke gjøre noe.`,
  },
  recovered: {
    headline: ({ name }) => `${name} er i orden igjen`,
    meaning: ({ system }) => `Overføringen mot ${system} går som den skal igjen.`,
  },
  causeGone: {
    headline: ({ name }) => `${name}: årsaken er rettet`,
    meaning: () => 'Ingen poster står igjen med denne årsaken.',
  },
  remaining: (records) => `${records} gjenstår`,
  advice: {
    sync_failing: (system) => `Les hva ${system} svarte. Gjelder det opplysninger i postene, så rett dem og send de mislykkede på nytt.`
      + ` Er ${system} nede, prøver vi igjen av oss selv.`,
    last_run_failed: (system) => `Les hva ${system} svarte. Gjelder det opplysninger i postene, så rett dem og send de mislykkede på nytt.`
      + ` Er ${system} nede, prøver vi igjen av oss selv.`,
    last_run_warning: () => 'Se hvilke poster som ble avvist, rett årsaken og send dem på nytt. Resten er kommet fram.',
    refused_open: () => 'Disse postene kommer ikke fram uten hjelp. Rett årsaken, eller avslutt dem med en begrunnelse.',
    cause_refused: (system) => `Rett verdien i postene, eller legg den inn i ${system}. Send så alle postene med denne årsaken på nytt.`,
    failure_rate: () => 'Begynn med årsaken som gjelder flest poster: rett den og send dem på nytt.',
    unstable: (system) => `Sammenlign kjøringene som feilet. Spør ${system} om driften hvis meldingene ikke handler om postene.`,
    verdict_late: (system) => `${system} har tatt imot poster uten å svare om de er bokført. Se om importen står og venter der.`,
    uncertain_open: (system) => `Vi vet ikke om ${system} tok imot disse postene, og sender dem ikke før det er klart. Sjekk gjerne der.`,
    no_success: (system) => `Se den siste kjøringen og hva ${system} svarte. Start en kjøring når det er rettet.`,
    never_run: () => 'Den første kjøringen starter av seg selv til avtalt tid.',
    never_started: () => 'Start en kjøring fra siden. Hjelper det ikke, må den som drifter tjenesten se på saken.',
    stuck_run: () => 'Kjøringen tas opp igjen av seg selv. Skjer det ofte, må den som drifter tjenesten se på saken.',
    credential_refused: (system) => `Lag en ny nøkkel eller et nytt passord i ${system}, og legg det inn på integrasjonens side.`,
    credential_expired: (system) => `Nøkkelen er utløpt. Lag en ny i ${system}, og legg den inn på integrasjonens side.`,
    credential_expires_soon: (system) => `Nøkkelen utløper snart. Lag en ny i ${system} før det, og legg den inn på integrasjonens side.`,
    credential_old: (system) => `Nøkkelen er eldre enn avtalt. Lag en ny i ${system}, og legg den inn på integrasjonens side.`,
    nothing_moved: () => 'Det skulle ha kommet noe, men ingenting ble overført. Se om postene blir laget slik de pleier.',
    volume_unusual: () => 'Antallet er uvanlig. Se om noe mangler, eller om noe er lagt inn to ganger hos dere.',
    duration_unusual: (system) => `Kjøringen tok uvanlig lang eller kort tid. Spør gjerne ${system} om de har driftsproblemer.`,
    rate_limited: (system) => `${system} ber oss sende saktere, og det gjør vi. Be om en høyere grense hvis det varer.`,
    queue_depth: () => 'Køen vokser. Se om kjøringene går, og om noe i dem feiler.',
    lag: () => 'Postene kommer fram senere enn de skal. Se om kjøringene går, og om noe i dem feiler.',
    nobody_told: () => 'Ingen eier eller administrator får e-post om nye feil. Slå det på i innstillingene for varsler, eller gjør et medlem til administrator.',
    maintenance: () => 'Varsler venter til vedlikeholdet er over.',
    disabled: () => 'Integrasjonen er slått av. Slå den på når postene skal sendes igjen.',
    other: () => 'Se på integrasjonens side hva som har skjedd, og hva som kan rettes.',
  },
  label: {
    quote: (system) => `Melding fra ${system}, gjengitt ordrett`,
    field: 'Felt',
    code: 'Feilkode',
    lastRun: 'Siste kjøring',
    open: 'Ikke kommet fram',
    amount: 'Beløp som ikke er kommet fram',
    cause: 'Årsak',
    values: 'Verdier som avvises',
    causeRecords: 'Poster med denne årsaken',
    since: 'Siden',
    until: 'I orden fra',
    cutoff: 'Regnskapsfrist',
    severity: 'Alvorlighet',
    advice: 'Hva du kan gjøre',
    reason: 'Begrunnelse',
    link: 'Åpne i Syncward',
  },
  refused: (failed, selected) => `${failed} av ${selected} ble avvist`,
  amount: (amount, records) => `${amount} (${records})`,
  moreValues: (shown) => `og ${shown} til`,
  cutoffAhead: (when, left, records) => `${when}, om ${left}. ${records} er ikke kommet fram.`,
  cutoffPassed: (when, records) => `${when}. Fristen er ute, og ${records} er ikke kommet fram.`,
  hidden: '[personopplysning utelatt]',
  footer: (organization) => `Du får denne e-posten fordi du er eier eller administrator i ${organization} i Syncward.`,
};
