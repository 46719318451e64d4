/**
 * What the page's host says with every answer. docs/deploy.md lists the same for other hosts, and a test keeps the two
 * alike.
 * @param api the origin of the Data API, the only other address the page may call.
 */
export function pageHeaders(api: string): Record<string, string> {
  return {
    'content-security-policy': [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", `connect-src 'self' ${api}`, "object-src 'none'",
      "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'permissions-policy': [
      'camera', 'display-capture', 'geolocation', 'hid', 'microphone', 'midi', 'payment', 'publickey-credentials-get', 'screen-wake-lock', 'serial', 'usb',
    ].map((feature) => `${feature}=()`).join(', '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}

/** How long a browser keeps what it got: an address of the page, and whether there is a file of that name. */
export function cachingOf(path: string, isFile: boolean): string {
  if (path === '/config.json') return 'no-store';
  // Their names change with their content.
  return isFile && path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
}
