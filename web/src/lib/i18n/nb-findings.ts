/** A finding's evidence in the reader's language; what it does not hold is undefined. */
export type Facts = {
  text: (key: string) => string | undefined;
  /** A number with its noun: `count('records', 'record', 'records')` is `2 records`. */
  count: (key: string, one: string, other: string) => string | undefined;
  /** A part of a sentence about one thing, or about two; '' when the evidence lacks it. */
  part: (key: string, write: (value: string) => string) => string;
  pair: (one: string, other: string, write: (one: string, other: string) => string) => string;
};

type Explanation = { what: (facts: Facts) => string; todo: string };

/** What numbers that systems give about themselves are called; one that is not here is shown by its own name. */
const signalNames: Record<string, string> = {
  bounce_rate: 'Andel e-post i retur', complaint_rate: 'Andel klager på e-post', emails_sent: 'E-poster sendt', quota_used: 'Brukt av kvoten',
  sending_stopped: 'Sending stanset av leverandøren', under_review: 'Under oppsyn av leverandøren', newly_suppressed: 'Nye adresser på stoppliste',
  messages_looked_at: 'Meldinger sett på', delivery_failure_rate: 'Andel meldinger som ikke kom fram', delivery_errors: 'Meldinger som ikke kom fram',
  daily_usage: 'Bruk siste døgn', daily_cost: 'Kostnad siste døgn', cost_above_usual: 'Kostnad over det vanlige', data_lag_minutes: 'Alder på data',
};
const signalUnits: Record<string, string> = { percent: '%', minutes: 'minutter', seconds: 'sekunder', days: 'dager', bytes: 'byte', count: '', amount: '' };

/** One plain sentence and one advice for each rule of health. */
export const nbFindings = {
  findings: {
    last_run_failed: {
      what: () => 'Siste kjøring feilet.',
      todo: 'Les meldingen under, rett det den peker på, og prøv de feilede postene på nytt.',
    },
    no_success: {
      what: (f) => `Ingen vellykket kjøring på ${f.text('hours') ?? '48'} timer${f.part('last_success_at', (it) => `; sist ${it}`)}.`,
      todo: 'Sjekk at integrasjonen er slått på og at systemet svarer. Kjør den så nå.',
    },
    credential_refused: {
      what: () => 'Systemet godtar ikke nøkkelen vår.',
      todo: 'Lag en ny nøkkel i systemet og legg den inn her. Å vente hjelper ikke.',
    },
    credential_expired: {
      what: (f) => `Nøkkelen eller sertifikatet er utløpt${f.part('expired_at', (it) => ` (${it})`)}.`,
      todo: 'Forny det i systemet og legg det nye inn her. Å vente hjelper ikke.',
    },
    stuck_run: {
      what: () => 'En kjøring har stoppet opp uten å bli ferdig.',
      todo: 'Den avsluttes av seg selv når fristen går ut. Skjer det igjen, trenger den som drifter hjelp til å se hvorfor.',
    },
    never_started: {
      what: () => 'En kjøring som skulle gått, startet aldri.',
      todo: 'Sjekk at funksjonen for systemet er lagt ut og at klokken går.',
    },
    lag_critical: {
      what: (f) => `Det eldste som venter, har ventet for lenge${f.part('since', (it) => `: siden ${it}`)}.`,
      todo: 'Se om kjøringene blir ferdige, og om systemet bremser.',
    },
    failure_rate: {
      what: (f) => `For mange poster blir avvist${f.pair('failed', 'selected', (a, b) => `: ${a} av ${b} i siste kjøring`)}.`,
      todo: 'Se årsakene under; rett den største først.',
    },
    refused_open_long: {
      what: (f) => `${f.count('records', 'post', 'poster') ?? 'Noen poster'} er avvist for godt og ennå ikke rettet.`,
      todo: 'Rett årsaken nå: de kommer ikke over før noen gjør det, og regnskapsfristen venter ikke.',
    },
    last_run_warning: {
      what: (f) =>
        `Siste kjøring gikk, men ${f.pair('failed', 'selected', (a, b) => `${a} av ${b}`) || 'noen'} poster ble avvist eller hoppet over.`,
      todo: 'Se årsakene under og prøv de feilede postene på nytt.',
    },
    refused_open: {
      what: (f) => `${f.count('records', 'post', 'poster') ?? 'Noen poster'} er avvist og venter på dere.`,
      todo: 'Rett årsaken, og prøv dem på nytt.',
    },
    nothing_moved: {
      what: (f) => `Kjøringen flyttet ingenting, selv om ${f.count('waiting', 'post', 'poster') ?? 'noen poster'} skulle over.`,
      todo: 'Sjekk utvalget og innstillingene. En kjøring som «lykkes» med ingenting, er ikke grønn.',
    },
    volume_unusual: {
      what: (f) =>
        `Antallet poster er uvanlig${f.pair('selected', 'usual', (a, b) => `: ${a}, mot vanligvis ${b}`) || ' for denne integrasjonen'}.`,
      todo: 'Sammenlign med historikken under, og sjekk om kilden mangler noe eller sender for mye.',
    },
    duration_unusual: {
      what: (f) => `Kjøringen tok uvanlig kort eller lang tid${f.pair('seconds', 'usual', (a, b) => `: ${a} s, mot vanligvis ${b} s`)}.`,
      todo: 'Sammenlign med historikken under. Blir den tregere hver gang, si fra til den som drifter.',
    },
    credential_expires_soon: {
      what: (f) => `Nøkkelen eller sertifikatet utløper snart${f.part('expires_at', (it) => `: ${it}`)}.`,
      todo: 'Forny det før det stopper.',
    },
    credential_old: {
      what: (f) => `Nøkkelen er eldre enn avtalt${f.part('set_at', (it) => `; satt ${it}`)}.`,
      todo: 'Bytt nøkkel når det passer.',
    },
    rate_limited: {
      what: () => 'Systemet bremser oss.',
      todo: 'Ingenting haster: vi venter så lenge systemet ber om. Varer det, spør leverandøren om høyere grense.',
    },
    queue_depth: {
      what: (f) => `Køen er lang${f.part('waiting', () => `: ${f.count('waiting', 'post', 'poster')}`)}.`,
      todo: 'Se om kjøringene rekker å tømme den. Vokser den, kjør oftere.',
    },
    lag: {
      what: (f) => `Det eldste som venter, har ventet lenge${f.part('since', (it) => `: siden ${it}`)}.`,
      todo: 'Se om kjøringene blir ferdige i tide.',
    },
    data_lag: {
      what: (f) => `Det som hentes er eldre enn det skal være${f.part('since', (it) => `: alt fram til ${it} er her`)}.`,
      todo: 'Se om kjøringene blir ferdige, og om systemet har mer enn en kjøring rekker å hente.',
    },
    schema_drift: {
      what: (f) => `Dataene fra systemet har fått en annen form${f.part('stream', (it) => ` (${it})`)}: ${f.count('fields', 'felt', 'felt') ?? 'noen felt'} er nye, borte eller av en annen type.`,
      todo: 'Se hvilke under «Det som hentes». Godta det når de som bruker dataene kan leve med det.',
    },
    signal: {
      what: (f) => `Et tall er utenfor grensen. ${f.part('name', (it) => signalNames[it] ?? it) || 'En måling'}${f.part('about', (it) => ` (${it})`)}: ${
        [f.text('value') ?? '?', f.part('unit', (it) => signalUnits[it] ?? it)].filter(Boolean).join(' ')}.`,
      todo: 'Se under «Målinger» når det begynte, og i systemet hva det kommer av.',
    },
    signals_unread: {
      what: (f) => `Systemets egne tall kunne ikke leses${f.part('message', (it) => `: ${it}`)}.`,
      todo: 'Ofte mangler nøkkelen en rettighet. Det vi vet om tallene er gammelt.',
    },
    check_failed: {
      what: (f) => `Systemet slapp oss ikke inn da vi så etter${f.part('at', (it) => ` (${it})`)}.`,
      todo: 'Rett det meldingen under «Forbindelsen» sier, og kontroller igjen.',
    },
    verdict_late: {
      what: (f) => `Systemet tok imot poster uten å svare om de er bokført${f.part('since', (it) => `; den eldste siden ${it}`)}.`,
      todo: 'Vi spør videre av oss selv. Se i systemet om importen står og venter der.',
    },
    uncertain_open: {
      what: (f) => `${f.count('records', 'post', 'poster') ?? 'Noen poster'} ble sendt uten at svaret kom.`,
      todo: 'Vi spør systemet før noe sendes igjen. Kan det ikke svare, må du sjekke der og avgjøre.',
    },
    sync_failing: {
      what: (f) =>
        f.part('failures', (n) => `Synkroniseringen har feilet ${n} ganger på rad.`) || 'Synkroniseringen har feilet gang på gang.',
      todo: 'Les meldingen under, og rett det den peker på.',
    },
    unstable: {
      what: (f) => `Ustabil: ${f.text('failed_runs') ?? 'flere'} av de siste ti kjøringene feilet.`,
      todo: 'Se historikken under: faller feilene på samme tid eller samme data?',
    },
    cause_refused: {
      what: (f) =>
        `${f.count('records', 'post', 'poster') ?? 'Noen poster'} er avvist av samme grunn${f.part('field', (it) => `, feltet ${it}`)}.`,
      todo: 'Rett årsaken under, og prøv postene på nytt samlet.',
    },
    nobody_told: {
      what: () => 'Ingen ville fått vite at noe feiler: ingen eier eller administrator får e-post om nye feil.',
      todo: 'Slå på e-post i innstillingene for varsler, eller gjør noen til eier eller administrator.',
    },
    disabled: {
      what: () => 'Integrasjonen er slått av. Ingenting sendes.',
      todo: 'Slå den på når den skal gå igjen; det som har samlet seg opp, sendes da.',
    },
    maintenance: {
      what: () => 'Integrasjonen er i vedlikehold. Ingen kjøringer starter.',
      todo: 'Vent til vedlikeholdet er over.',
    },
    never_run: {
      what: () => 'Integrasjonen har ikke kjørt ennå.',
      todo: 'Vent på første kjøring, eller kjør den nå.',
    },
    monitor_late: {
      what: () => 'Overvåkingen er forsinket, så ingen vet hvordan det står til.',
      todo: 'Sjekk at klokken (pg_cron) går.',
    },
  } satisfies Record<string, Explanation> as Record<Rule, Explanation>,
  signalNames,
  unknownFinding: {
    what: (rule: string) => `Overvåkingen har funnet noe: ${rule}.`,
    todo: 'Se tallene under tekniske detaljer.',
  },
};

export type Rule =
  | 'last_run_failed' | 'no_success' | 'credential_refused' | 'credential_expired' | 'stuck_run' | 'never_started' | 'lag_critical'
  | 'failure_rate' | 'refused_open_long' | 'last_run_warning' | 'refused_open' | 'nothing_moved' | 'volume_unusual' | 'duration_unusual'
  | 'credential_expires_soon' | 'credential_old' | 'rate_limited' | 'queue_depth' | 'lag' | 'verdict_late' | 'uncertain_open' | 'sync_failing'
  | 'data_lag' | 'schema_drift' | 'signal' | 'signals_unread' | 'check_failed' | 'unstable' | 'cause_refused' | 'nobody_told' | 'disabled' | 'maintenance' | 'never_run' | 'monitor_late';
