import { createHash, randomUUID } from 'node:crypto';
import type { SimulatedAnswer, SimulatedRequest } from './server.ts';

/**
 * The token endpoint in front of Microsoft's interfaces, client credentials only:
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 * Codes: https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
 */
export type Entra = {
  owns(path: string): boolean;
  token(request: SimulatedRequest): SimulatedAnswer;
  /** Whether this bearer token was issued here and has not run out. */
  valid(bearer: string): boolean;
  secret(): string;
  rotate(secret?: string): string;
  /** Tokens handed out so far. */
  issued(): number;
};

export type EntraOptions = {
  clock: () => Date;
  tenantId: string;
  clientId: string;
  clientSecret: string;
  scope: string;
  lifetimeSeconds: number;
};

export function createEntra(options: EntraOptions): Entra {
  const { clock, tenantId, clientId, scope, lifetimeSeconds } = options;
  const tokens = new Map<string, number>();
  let secret = options.clientSecret;
  let issued = 0;

  function refuse(status: number, error: string, code: number, text: string): SimulatedAnswer {
    const [trace, correlation] = [randomUUID(), randomUUID()];
    const timestamp = clock().toISOString().replace('T', ' ').replace(/\.\d+Z$/, 'Z');
    return {
      status,
      headers: { 'x-ms-request-id': trace },
      body: JSON.stringify({
        error,
        error_description: `AADSTS${code}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
        error_codes: [code],
        timestamp,
        trace_id: trace,
        correlation_id: correlation,
        error_uri: `https://login.microsoftonline.com/error?code=${code}`,
      }),
    };
  }

  return {
    owns: (path) => path.endsWith('/oauth2/v2.0/token'),
    token(request) {
      const tenant = request.url.pathname.split('/')[1] ?? '';
      const form = new URLSearchParams(request.body);
      if (tenant !== tenantId) {
        return refuse(
          400,
          'invalid_request',
          90002,
          `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
        );
      }
      for (const name of ['grant_type', 'client_id', 'scope']) {
        if (!form.get(name)) {
          return refuse(400, 'invalid_request', 900144, `The request body must contain the following parameter: '${name}'.`);
        }
      }
      if (form.get('grant_type') !== 'client_credentials') {
        return refuse(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.');
      }
      if (form.get('client_id') !== clientId) {
        return refuse(
          400,
          'unauthorized_client',
          700016,
          `Application with identifier '${form.get('client_id')}' was not found in the directory '${tenantId}'.`,
        );
      }
      if (!form.get('client_secret')) {
        return refuse(
          401,
          'invalid_client',
          7000218,
          "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        );
      }
      if (form.get('client_secret') !== secret) {
        return refuse(
          401,
          'invalid_client',
          7000215,
          'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, ' +
            `not the client secret ID, for a secret added to app '${clientId}'.`,
        );
      }
      if (form.get('scope') !== scope) {
        return refuse(
          400,
          'invalid_scope',
          70011,
          `The provided value for the input parameter 'scope' is not valid. The scope ${form.get('scope')} is not valid.`,
        );
      }
      const token = createHash('sha256').update(`${randomUUID()}`).digest('base64url');
      tokens.set(token, clock().getTime() + lifetimeSeconds * 1_000);
      issued++;
      return {
        status: 200,
        headers: { 'cache-control': 'no-store' },
        body: JSON.stringify({
          token_type: 'Bearer',
          expires_in: lifetimeSeconds - 1,
          ext_expires_in: lifetimeSeconds - 1,
          access_token: token,
        }),
      };
    },
    valid: (bearer) => (tokens.get(bearer) ?? 0) > clock().getTime(),
    secret: () => secret,
    rotate(next) {
      secret = next ?? randomUUID();
      // A deleted secret does not end tokens already out, in Entra either; here it does, so that the effect shows at once.
      tokens.clear();
      return secret;
    },
    issued: () => issued,
  };
}
