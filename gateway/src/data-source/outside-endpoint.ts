const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The address of a system outside: `https:`, or `http:` on a loopback address; without user, query or fragment.
 * @param what names it in the refusal, e.g. `a data source`.
 * @throws TypeError for any other.
 */
export function outsideEndpoint(endpoint: string, what: string): URL {
  const url = new URL(endpoint);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') throw new TypeError(`${what}'s address has no user, query or fragment`);
  if (url.protocol !== 'https:' && (url.protocol !== 'http:' || !LOOPBACK.includes(url.hostname))) throw new TypeError(`${what} is reached over https, or over http on a loopback address`);
  return url;
}
