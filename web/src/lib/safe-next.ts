/**
 * Where to go after signing in: an address within the page, or its front door. A link must not send anyone elsewhere, so
 * the address is read the way the browser will read it: `/\t/elsewhere` is `//elsewhere` to a browser.
 */
export function safeNext(next: string | null, origin: string): string {
  const target = next?.startsWith('/') ? URL.parse(next, origin) : null;
  if (target?.origin !== origin) return '/';
  // What is left may begin with two slashes, as `/.//elsewhere` does.
  const path = `${target.pathname}${target.search}${target.hash}`;
  return /^\/(?![/\\])/.test(path) && target.pathname !== '/sign-in' ? path : '/';
}
