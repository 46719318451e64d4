import type { Plugin } from 'vite';

const STUB = `
const refuse = () => { throw new Error('This page was built without passkeys.'); };
export class WebAuthnApi {}
export const browserSupportsWebAuthn = () => false;
export const webAuthnAbortService = { createNewAbortSignal: refuse, cancelCeremony: refuse };
export {
  refuse as createCredential, refuse as getCredential,
  refuse as deserializeCredentialCreationOptions, refuse as deserializeCredentialRequestOptions,
  refuse as serializeCredentialCreationResponse, refuse as serializeCredentialRequestResponse,
};
`;

/**
 * Leaves the code for passkeys out of the Auth client, 4 kB of the first load: the page offers none, and its own header
 * `publickey-credentials-get=()` forbids them. The build fails when a newer client keeps that code elsewhere, or wants more of it.
 */
export function withoutPasskeys(): Plugin {
  let isLeftOut = false;
  return {
    name: 'without-passkeys',
    apply: 'build',
    load: {
      filter: { id: /[\\/]@supabase[\\/]auth-js[\\/].*[\\/]webauthn\.js$/ },
      handler() {
        isLeftOut = true;
        return STUB;
      },
    },
    buildEnd(error) {
      const isWanted = [...this.getModuleIds()].some((id) => id.includes('auth-js'));
      if (!error && isWanted && !isLeftOut) throw new Error('The Auth client no longer has its passkeys in webauthn.js: see web/without-passkeys.ts.');
    },
  };
}
