/**
 * The few words that tell one kind of refusal from another in the languages that accounts are kept in, for systems that answer in
 * the account's language: English, Norwegian, Danish, Swedish, Finnish, German, Dutch, French, Spanish, Portuguese, Italian.
 */

/** "Field", as it stands before the field's name. */
export const FIELD_WORD = '(?:field|feltet|felt|fältet|fält|feld|veld|champ|campo|kenttä(?:än|ssä|n)?)';

/** "Must", "cannot", "may", as they stand behind a label. */
export const MUST = '(?:must|cannot|can|may|må|skal|kan|måste|får|muss|darf|kann|moet|mag|doit|peut|debe|puede|deve|pode)';

/** "… already exists", "… is already in use". */
export const TAKEN = new RegExp(`(?<!\\p{L})(?:${[
  'already (?:been |is |in )?(?:exists?|taken|used?|changed)',
  '(?:finnes|eksisterer|findes|finns) (?:allerede|redan|fra før|i forvejen|sedan tidigare)',
  'er (?:allerede )?i (?:bruk|brug)|er allerede (?:registrert|registreret|brukt|brugt)|används redan|är redan upptag(?:en|et)',
  'existiert bereits|(?:ist|sind|wird) bereits (?:vorhanden|vergeben|verwendet)|bestaat (?:al|reeds)|al in gebruik',
  'existe déjà|déjà (?:utilisée?|existante?)|ya existe|ya está en uso|já existe|já está em uso|esiste già|già (?:esistente|in uso)',
  'on jo (?:olemassa|käytössä)',
].join('|')})(?!\\p{L})|已(?:经)?(?:存在|被使用)|(?:既|すで)に存在`, 'iu');
