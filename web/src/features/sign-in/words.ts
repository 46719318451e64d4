import type { Locale } from '../../lib/format.ts';

const nb = {
  what: 'Skriv adressen din, så kommer det en lenke dit. Den gjelder i en time og kan brukes én gang.',
  send: 'Send meg en lenke',
  sending: 'Sender …',
  // Det samme for alle: hvem som har en konto her, er ikke for andre å vite.
  sent: (email: string) => `Er ${email} en adresse som kan logge inn, er lenken på vei dit. Se også i søppelposten.`,
  again: 'Send en ny lenke',
  missing: 'Skriv e-postadressen.',
  badAddress: 'Det er ikke en e-postadresse.',
  notSent: 'Lenken kunne ikke sendes. Prøv igjen om litt, eller logg inn med passord.',
  back: 'Logg inn med passord',
  arrived: 'Logg inn med lenken',
  arrivedWhat: 'Trykk på knappen for å logge inn i denne nettleseren. Har du ikke bedt om lenken selv, så lukk siden.',
  useIt: 'Logg inn',
  usedUp: 'Lenken er brukt eller for gammel. Be om en ny.',
  signedInAs: (email: string) => `Du er logget inn som ${email}.`,
  passwordTitle: 'Bytt passord',
  passwordWhat: 'Andre steder der du er logget inn, blir du logget ut. Her blir du stående.',
  newPassword: 'Nytt passord (minst 8 tegn)',
  tooShort: 'Passordet må ha minst 8 tegn.',
  samePassword: 'Det er det passordet du har.',
  weakPassword: 'Passordet er for lett å gjette. Velg et lengre.',
  needsFresh: 'Du logget inn for lenge siden. Logg ut, logg inn igjen, og bytt passordet da.',
  change: 'Bytt passord',
  changing: 'Bytter …',
  changed: 'Passordet er byttet, og du er logget ut alle andre steder.',
  changedHere: 'Passordet er byttet. De andre stedene kunne ikke logges ut; de blir det innen en time.',
};

const en: typeof nb = {
  what: 'Enter your address and a link is sent there. It is good for an hour and works once.',
  send: 'Send me a link',
  sending: 'Sending …',
  sent: (email) => `If ${email} is an address that may sign in, the link is on its way there. Look among the junk mail, too.`,
  again: 'Send another link',
  missing: 'Enter the e-mail address.',
  badAddress: 'That is not an e-mail address.',
  notSent: 'The link could not be sent. Try again shortly, or sign in with your password.',
  back: 'Sign in with a password',
  arrived: 'Sign in with the link',
  arrivedWhat: 'Press the button to sign in to this browser. If you did not ask for the link yourself, close the page.',
  useIt: 'Sign in',
  usedUp: 'The link has been used or is too old. Ask for another.',
  signedInAs: (email) => `You are signed in as ${email}.`,
  passwordTitle: 'Change the password',
  passwordWhat: 'You are signed out wherever else you are signed in. Here you stay.',
  newPassword: 'New password (at least 8 characters)',
  tooShort: 'The password needs at least 8 characters.',
  samePassword: 'That is the password you have.',
  weakPassword: 'The password is too easy to guess. Choose a longer one.',
  needsFresh: 'You signed in too long ago. Sign out, sign in again, and change the password then.',
  change: 'Change the password',
  changing: 'Changing …',
  changed: 'The password is changed, and you are signed out everywhere else.',
  changedHere: 'The password is changed. The other places could not be signed out; they will be within an hour.',
};

/** The words of signing in by link and of the password. They travel with their parts, not with the first page. */
export const signInWords: Record<Locale, typeof nb> = { nb, en };
export type SignInWords = typeof nb;
