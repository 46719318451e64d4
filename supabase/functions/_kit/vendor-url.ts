import { z } from 'zod';

/** A simulated vendor on this machine; only a local stack calls those. */
const LOCAL = /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?:\/[\w./-]*)?$/i;
/** Nothing that two readers could read in two ways: no port, user name, query, escape or letter beyond ASCII. */
const PLAIN = /^https:\/\/([a-z0-9.-]+)(?:\/[\w./-]*)?$/i;

/**
 * A setting that says where a vendor is: an https address under one of the vendor's own domains, so that no setting can send the
 * credential to somebody else. A loopback address is taken too.
 * @example baseUrl: vendorUrl('xledger.net').default('https://www.xledger.net')
 */
export function vendorUrl(...domains: [string, ...string[]]) {
  const message = `Must be an https address at ${domains.join(' or ')}, without port, user name or query.`;
  return z.string().refine((text) => {
    const host = PLAIN.exec(text)?.[1]?.toLowerCase();
    return LOCAL.test(text) || (host !== undefined && domains.some((domain) => host === domain || host.endsWith(`.${domain}`)));
  }, { message });
}
