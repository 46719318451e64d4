import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressRefused, checkedLookup, checkUrl, isAllowed, isLoopback } from '../../supabase/functions/_kit/address.ts';

describe('addresses that may be called', () => {
  test.each([
    '93.184.216.34',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '192.167.1.1',
    '2606:4700::1111',
    '2a00:1450:400f::200e',
    '64:ff9b::8.8.8.8',
  ])('%s', (address) => {
    expect(isAllowed(address, false)).toBe(true);
  });
});

describe('addresses that may not', () => {
  test.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.7',
    '203.0.113.9',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '5f00::1',
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    'nonsense',
  ])('%s', (address) => {
    expect(isAllowed(address, false)).toBe(false);
  });

  test('of any private network', () => {
    const byte = fc.nat(255);
    const inside = fc.oneof(
      fc.tuple(fc.constant(10), byte, byte, byte),
      fc.tuple(fc.constant(127), byte, byte, byte),
      fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
      fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
      fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
    );
    fc.assert(
      fc.property(inside, (parts) => {
        const address = parts.join('.');
        expect(isAllowed(address, false)).toBe(false);
        expect(isAllowed(`::ffff:${address}`, true)).toBe(false);
        expect(isAllowed(address, true)).toBe(isLoopback(address));
      }),
    );
  });

  test('any text: yes or no, never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.ipV4Extended()), fc.boolean(), (text, local) => {
        expect(typeof isAllowed(text, local)).toBe('boolean');
      }),
    );
  });
});

describe('a URL', () => {
  test.each(['https://vendor.example.org/api', 'https://vendor.example.org:8443/', 'https://8.8.8.8/', 'https://[2606:4700::1111]/'])(
    '%s may be called',
    (url) => {
      expect(checkUrl(url, false).href).toBe(url);
    },
  );

  test.each([
    'http://vendor.example.org/',
    'http://127.0.0.1/',
    'ws://vendor.example.org/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:alert(1)',
    '//vendor.example.org',
    'vendor.example.org',
    'https://u:p@vendor.example.org/',
    'https://u@vendor.example.org/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://１２７.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/',
    'https://0/',
    'https://[fd00:ec2::254]/',
  ])('%s may not', (url) => {
    expect(() => checkUrl(url, false)).toThrow(AddressRefused);
  });

  test.each(['http://127.0.0.1:8080/', 'http://localhost:8080/', 'http://[::1]:8080/', 'http://xledger.localhost/', 'https://127.0.0.1/'])(
    '%s may on a local stack',
    (url) => {
      expect(checkUrl(url, true).href).toBe(url);
    },
  );

  test.each(['http://10.0.0.1/', 'http://vendor.example.org/', 'http://8.8.8.8/', 'https://192.168.0.1/', 'http://169.254.169.254/'])(
    '%s may not even there',
    (url) => {
      expect(() => checkUrl(url, true)).toThrow(AddressRefused);
    },
  );

  test('a refusal never repeats the password', () => {
    expect(() => checkUrl('https://user:hunter2@vendor.example.org/', false)).toThrow(/^(?!.*hunter2)/);
  });
});

describe('a name', () => {
  const resolved = (addresses: string[], host: string, local: boolean): Promise<unknown> =>
    new Promise((resolve) => {
      const lookup = checkedLookup(local, (_host, _options, callback) =>
        callback(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        ),
      );
      lookup(host, { all: true }, (error, found) => resolve(error ?? found));
    });

  test('with public addresses is connected to those', async () => {
    expect(await resolved(['8.8.8.8', '2606:4700::1111'], 'vendor.example.org', false)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
  });

  test.each([[['10.0.0.1']], [['8.8.8.8', '10.0.0.1']], [['127.0.0.1']], [['::1']], [[]]])('with %j is refused', async (addresses) => {
    expect(await resolved(addresses, 'vendor.example.org', false)).toBeInstanceOf(AddressRefused);
  });

  test('on a local stack only localhost may be this machine', async () => {
    expect(await resolved(['127.0.0.1'], 'localhost', true)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(await resolved(['127.0.0.1'], 'vendor.example.org', true)).toBeInstanceOf(AddressRefused);
  });
});
