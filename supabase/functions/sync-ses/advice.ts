import type { Advice } from '../_kit/advice.ts';

const docs = 'https://docs.aws.amazon.com';

export const advice: Advice = {
  auth: {
    nb: 'Lag en ny tilgangsnøkkel for brukeren i IAM og slett den gamle. Stemmer klokken og regionen, er det nøkkelen som er feil.',
    en: 'Make a new access key for the user in IAM and delete the old one. If clock and region are right, it is the key that is wrong.',
    link: `${docs}/IAM/latest/UserGuide/id_credentials_access-keys.html`,
  },
  permission: {
    nb: 'Gi brukeren i IAM en policy med den ses-rettigheten meldingen nevner.',
    en: 'Give the user in IAM a policy with the ses action the message names.',
    link: `${docs}/ses/latest/dg/control-user-access.html`,
  },
  rate_limit: {
    nb: 'Døgnkvoten eller farten er brukt opp. Be AWS om høyere kvote i SES-konsollen under Account dashboard.',
    en: 'The daily quota or the rate is used up. Ask AWS for more in the SES console under Account dashboard.',
    link: `${docs}/ses/latest/dg/manage-sending-quotas-errors.html`,
  },
  validation: {
    nb: 'Se i SES-konsollen at regionen er riktig, og at konfigurasjonssettet i oppsettet finnes der.',
    en: 'See in the SES console that the region is right, and that it has the configuration set of the settings.',
    link: `${docs}/ses/latest/dg/quotas.html`,
  },
  server: {
    nb: 'Se AWS’ driftsside for regionen. Tallene hentes igjen i neste kjøring.',
    en: 'See AWS’s health page for the region. The numbers are fetched again by the next run.',
    link: 'https://health.aws.amazon.com/health/status',
  },
};
