import { tag } from './xml.ts';
import type { XmlNode } from './xml.ts';

const EXTENSION = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';

/**
 * The header that lets a SOAP call in by name and password, the password as text: it goes over TLS alone. Without time, nonce and digest,
 * which are for systems that ask for them.
 * @see https://docs.oasis-open.org/wss-m/wss/v1.1.1/os/wss-UsernameTokenProfile-v1.1.1-os.html
 */
export function usernameToken({ username, password }: { username: string; password: string }): XmlNode {
  const token = tag('wsse:UsernameToken', [
    tag('wsse:Username', username),
    tag('wsse:Password', password, { Type: `${PROFILE}#PasswordText` }),
  ]);
  return tag('wsse:Security', [token], { 'xmlns:wsse': EXTENSION, 'soap:mustUnderstand': '1' });
}
