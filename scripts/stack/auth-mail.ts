import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Where the mails of Auth go, and where their links lead; read when a mail is sent, as the page may start later. */
export type AuthMail = { baseUrl: string; apiKey: string; from: string; pageUrl: string };

/** What stands in a mail until the address of the page is known. */
export const SITE_URL = 'http://page.invalid';

const content = (name: string): string => fileURLToPath(new URL(`../../supabase/templates/${name}.html`, import.meta.url));

/** The mails as `supabase/config.toml` has them; a test keeps the two alike. */
export const templates = {
  magic_link: { subject: 'Logg inn i Syncward · Sign in to Syncward', content_path: content('magic_link') },
  confirmation: { subject: 'Logg inn i Syncward · Sign in to Syncward', content_path: content('confirmation') },
};

type Mail = { to: string; subject: string; html?: string };

const Answer = z.object({ id: z.string() });

/** Sends what Auth has to say to the mailbox, in the form of Resend (https://resend.com/docs/api-reference/emails/send-email). */
export function authMailer(where: () => AuthMail): { send(mail: Mail): Promise<void> } {
  return {
    async send({ to, subject, html = '' }) {
      const { baseUrl, apiKey, from, pageUrl } = where();
      const filled = html.replaceAll(SITE_URL, pageUrl);
      const answer = await fetch(`${baseUrl}/emails`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ from, to, subject, html: filled, text: plain(filled) }),
        signal: AbortSignal.timeout(10_000),
      });
      if (!answer.ok || !Answer.safeParse(await answer.json()).success) throw new Error(`The mailbox answered ${answer.status}.`);
    },
  };
}

/** The same words without markup, each link after its name. */
function plain(html: string): string {
  const body = html.slice(html.indexOf('<body'));
  return body.replace(/<a href="([^"]*)">(.*?)<\/a>/gs, '$2: $1').replace(/<[^>]*>/g, '').replaceAll('&amp;', '&').replace(/\n+/g, '\n\n').trim();
}
