/** Where agents answer: AGENT_URL is one base address or several with commas, and a name may stand for several agents. */
import { AvatarError } from '@live-avatar/agent/errors';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Resolves a host name; tests replace it. */
export type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

const lookupAll: Lookup = (host) => lookup(host, { all: true });

/**
 * Base addresses of all agents, without trailing slashes. An http name that resolves to several machines (a headless
 * service, a scaled compose service) becomes one address each; https keeps its name, which the certificate is for.
 * A name that does not resolve stays: asking it fails with the reason.
 * @throws AvatarError AGENT_UNAVAILABLE when an entry is no address
 */
export async function agentAddresses(
  agentUrl: string,
  resolve: Lookup = lookupAll,
): Promise<string[]> {
  const bases = agentUrl
    .split(',')
    .map((text) => text.trim().replace(/\/+$/, ''))
    .filter((text) => text !== '');
  const expanded = await Promise.all(bases.map((base) => expand(base, resolve)));
  return [...new Set(expanded.flat())];
}

async function expand(base: string, resolve: Lookup): Promise<string[]> {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new AvatarError(
      'AGENT_UNAVAILABLE',
      `AGENT_URL: "${base}" is no http address; write e.g. http://127.0.0.1:8090, several with commas.`,
    );
  }
  if (url.protocol === 'https:' || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return [base];
  const found = await resolve(url.hostname).catch(() => []);
  // Names like localhost have one address per family, which are the same machine.
  const family = found.some((each) => each.family === 4) ? 4 : 6;
  const machines = found.filter((each) => each.family === family);
  if (machines.length < 2) return [base];
  return machines.map(({ address }) => {
    const one = new URL(base);
    one.hostname = family === 6 ? `[${address}]` : address;
    return one.href.replace(/\/+$/, '');
  });
}
