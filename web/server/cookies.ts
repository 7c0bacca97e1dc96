/** Cookies by hand: the two this server sets are small, signed, and out of reach for scripts. */

/** Value of one cookie in a Cookie header. */
export function cookieValue(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key, ...value] = pair.split('=');
    if (key?.trim() === name) return value.join('=').trim();
  }
  return undefined;
}
