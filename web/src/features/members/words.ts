import type { Locale } from '../../lib/format.ts';

const nb = {
  invited: 'Inviterte',
  caption: (n: number) => (n === 1 ? '1 invitasjon' : `${n} invitasjoner`),
  columns: { name: 'Navn', email: 'E-post', role: 'Rolle', by: 'Invitert av', until: 'Gjelder til', actions: 'Endre' },
  expired: 'Utløpt',
  again: 'Send på nytt',
  sentAgain: (name: string) => `Invitasjonen til ${name} er sendt på nytt og gjelder i 7 dager.`,
  withdraw: 'Trekk tilbake',
  withdrawn: (name: string) => `Invitasjonen til ${name} er trukket tilbake.`,
  title: 'Invitasjoner',
  what: 'Organisasjoner som har bedt deg bli med. Du blir ikke medlem før du sier ja.',
  none: (email: string) => `Ingen har invitert ${email}. En invitasjon gjelder i 7 dager og bare for adressen den gikk til.`,
  asks: (by: string, role: string) => `${by} ber deg bli med som ${role}.`,
  until: 'Gjelder til',
  join: (name: string) => `Bli med i ${name}`,
  joined: (name: string) => `Du er nå med i ${name}.`,
  home: 'Til oversikten',
};

const en: typeof nb = {
  invited: 'Invited',
  caption: (n) => (n === 1 ? '1 invitation' : `${n} invitations`),
  columns: { name: 'Name', email: 'E-mail', role: 'Role', by: 'Invited by', until: 'Good until', actions: 'Change' },
  expired: 'Expired',
  again: 'Send again',
  sentAgain: (name) => `The invitation to ${name} is sent again and is good for 7 days.`,
  withdraw: 'Withdraw',
  withdrawn: (name) => `The invitation to ${name} is withdrawn.`,
  title: 'Invitations',
  what: 'Organizations that have asked you to join. You are not a member before you say yes.',
  none: (email) => `Nobody has invited ${email}. An invitation is good for 7 days, and only for the address it went to.`,
  asks: (by, role) => `${by} asks you to join as ${role}.`,
  until: 'Good until',
  join: (name) => `Join ${name}`,
  joined: (name) => `You are a member of ${name} now.`,
  home: 'To the overview',
};

/** The words of invitations, for those who send them and those who get them. */
export const invitationWords: Record<Locale, typeof nb> = { nb, en };
