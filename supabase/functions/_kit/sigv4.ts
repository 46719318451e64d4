import { createHash, createHmac } from 'node:crypto';

export type AwsRequest = {
  method: string;
  url: string;
  /** Headers that are to be signed besides `host` and those added here. */
  headers?: Record<string, string>;
  body?: string;
  service: string;
  region: string;
};

export type AwsCredential = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/**
 * The headers that sign a request to AWS (Signature Version 4); send them with exactly this method, address and body.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * @param at Now: AWS refuses what is more than five minutes off.
 */
export function signedHeaders(
  request: AwsRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredential,
  at: Date,
): Record<string, string> {
  const { method, service, region, body = '' } = request;
  const url = new URL(request.url);
  // Services differ in how often such a path is escaped; none that is called has one.
  if (!/^[\w.~/-]*$/.test(url.pathname)) throw new RangeError('A path to be signed holds letters, digits and - _ . ~ only.');
  const time = at.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = {
    ...lowerCased(request.headers ?? {}),
    'x-amz-date': time,
    ...(sessionToken ? { 'x-amz-security-token': sessionToken } : {}),
  };
  const names = [...Object.keys(headers), 'host'].sort();
  const canonical = [
    method,
    url.pathname,
    queryOf(url),
    ...names.map((name) => `${name}:${(name === 'host' ? url.host : headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    hash(body),
  ].join('\n');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'].join('/');
  const key = scope.split('/').reduce<string | Uint8Array>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const signature = createHmac('sha256', key).update(['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}

const hash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const hmac = (key: string | Uint8Array, text: string): Uint8Array => createHmac('sha256', key).update(text, 'utf8').digest();

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** By code point of the written name and value, every letter but the unreserved ones as %XY. */
function queryOf(url: URL): string {
  const written = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = [...url.searchParams].map(([name, value]): [string, string] => [written(name), written(value)]);
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return pairs.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1])).map((pair) => pair.join('=')).join('&');
}
