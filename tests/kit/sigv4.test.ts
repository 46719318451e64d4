import { describe, expect, it } from 'vitest';
import { signedHeaders } from '../../supabase/functions/_kit/sigv4.ts';

/** The credential, time and place of the test suite AWS publishes for its signature. */
const credential = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const at = new Date('2015-08-30T12:36:00Z');
const host = 'https://example.amazonaws.com';

const signature = (path: string, more: { method?: string; headers?: Record<string, string>; body?: string } = {}): string | undefined => {
  const headers = signedHeaders({ method: 'GET', url: `${host}${path}`, service: 'service', region: 'us-east-1', ...more }, credential, at);
  return /Signature=(\w+)$/.exec(headers.authorization ?? '')?.[1];
};

describe('the signature of a request to AWS', () => {
  it.each([
    ['get-vanilla', '/', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      '/?Param2=value2&Param1=value1',
      {},
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['post-vanilla', '/', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'post-x-www-form-urlencoded',
      '/',
      { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'Param1=value1' },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('is the published one for %s', (_, path, more, published) => {
    expect(signature(path, more)).toBe(published);
  });

  it('is the one of the worked example in the documentation', () => {
    const headers = signedHeaders(
      {
        method: 'GET',
        url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
        service: 'iam',
        region: 'us-east-1',
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      },
      credential,
      at,
    );
    expect(headers).toEqual({
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, ' +
        'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    });
  });

  it('is not given for a path that services read in different ways', () => {
    expect(() => signature('/a%20b')).toThrow('A path to be signed');
  });

  it('covers the token of a session, the body, the method and the time', () => {
    const plain = signature('/');
    const signed = signedHeaders({ method: 'GET', url: `${host}/`, service: 'service', region: 'us-east-1' }, {
      ...credential,
      sessionToken: 'session',
    }, at);
    expect(signed['x-amz-security-token']).toBe('session');
    expect(signed.authorization).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token');
    expect(new Set([plain, signature('/', { body: 'x' }), signature('/', { method: 'PUT' }), signature('/x'), signature('/?a=b')]).size)
      .toBe(5);
  });
});
