import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import type { Diagnosis } from '../../supabase/functions/_kit/diagnose.ts';

describe('gateways, which stand in front of every system', () => {
  const nginx = (line: string): string =>
    `<html>\r\n<head><title>${line}</title></head>\r\n<body>\r\n<center><h1>${line}</h1></center>\r\n<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>`;
  const pages: [string, string, number, Partial<Diagnosis>][] = [
    ['nginx, 502', nginx('502 Bad Gateway'), 502, { message: '502 Bad Gateway', category: 'server', retryable: true }],
    ['nginx, 504', nginx('504 Gateway Time-out'), 504, { message: '504 Gateway Time-out', category: 'timeout', retryable: true }],
    [
      'nginx, 413',
      nginx('413 Request Entity Too Large'),
      413,
      { message: '413 Request Entity Too Large', category: 'schema', retryable: false },
    ],
    ['nginx, 403', nginx('403 Forbidden'), 403, { message: '403 Forbidden', category: 'permission', retryable: false }],
    [
      'a CDN with scripts and styles',
      '<!DOCTYPE html><html><head><title>vendor.example.org | 522: Connection timed out</title><style>h1{}</style><script>var a="<h1>no</h1>";</script></head><body><div><h1><span>Connection timed out</span><span>Error code 522</span></h1></div></body></html>',
      522,
      { message: 'Connection timed out Error code 522', category: 'timeout', retryable: true },
    ],
    [
      'a cloud front page',
      "<html><head><title>Service unavailable</title></head><body><h2>Our services aren&#39;t available right now</h2><p>We're working on it.</p></body></html>",
      503,
      { message: "Our services aren't available right now", category: 'server', retryable: true },
    ],
    [
      'a load balancer',
      '<html>\n<head><title>503 Service Temporarily Unavailable</title></head>\n<body>\n<center><h1>503 Service Temporarily Unavailable</h1></center>\n</body>\n</html>',
      503,
      { message: '503 Service Temporarily Unavailable', category: 'server', retryable: true },
    ],
    [
      'a page that blocks',
      '<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1><H2>The request could not be satisfied.</H2></BODY></HTML>',
      403,
      { message: 'The request could not be satisfied.', category: 'permission', retryable: false },
    ],
    [
      'a page with 200',
      '<!doctype html><title>Scheduled maintenance</title><h1>Back at noon</h1>',
      200,
      { message: 'Back at noon', category: 'server', retryable: true },
    ],
    ['nothing at all, 502', '', 502, { message: '502 Bad Gateway', category: 'server', retryable: true }],
    ['nothing at all, 429', '', 429, { message: '429 Too Many Requests', category: 'rate_limit', retryable: true }],
    ['nothing at all, 401', '  \n', 401, { message: '401 Unauthorized', category: 'auth', retryable: false }],
    [
      'plain text',
      'upstream connect error or disconnect/reset before headers',
      503,
      { message: 'upstream connect error or disconnect/reset before headers', category: 'server', retryable: true },
    ],
    [
      'JSON of a gateway',
      '{"statusCode":429,"message":"Rate limit is exceeded. Try again in 5 seconds."}',
      429,
      { message: 'Rate limit is exceeded. Try again in 5 seconds.', category: 'rate_limit' },
    ],
    [
      'half a JSON',
      '{"error":{"code":"Internal_ServerError","message":"Cannot establish a conn',
      500,
      { message: 'Cannot establish a conn', code: 'Internal_ServerError', category: 'server' },
    ],
    ['half a good answer', '{"responses":[{"id":"1","status":201,"body":{"a":', 200, { category: 'server', retryable: true }],
    ['a redirect to a sign-in page', '', 302, { category: 'auth', retryable: false }],
    ['not implemented', '', 501, { category: 'server', retryable: false }],
  ];
  test.each(
    pages.flatMap(([name, body, status, expected]) =>
      ['xledger', 'business-central', 'other'].map((system) => [name, system, body, status, expected] as const),
    ),
  )('%s, before %s', (_name, system, body, status, expected) => {
    expect(diagnose(system, { status, headers: {}, body })).toMatchObject({ field: null, ...expected });
  });
});
