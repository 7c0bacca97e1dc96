/** How far the clocks of LiveKit and of the agents are from this server's: tokens are signed here and judged there. */
import { agentAddresses } from './agent-addresses.ts';
import type { Clocks } from './doctor-contract.ts';

const TIMEOUT_MS = 1500;
/** An HTTP date is cut to the second, so that the middle of that second is the best guess, ms. */
const HALF_SECOND_MS = 500;

/** Ask everybody for the time. Nobody's silence is an error here. */
export async function readClocks(livekitUrl: string, agentUrl: string): Promise<Clocks> {
  const addresses = await agentAddresses(agentUrl).catch(() => []);
  const [livekitAheadMs, ...agents] = await Promise.all([
    aheadMs(livekitUrl.replace(/^ws/, 'http')),
    ...addresses.map((address) => aheadMs(`${address}/healthz`)),
  ]);
  const worst = agents
    .filter((ahead) => ahead !== null)
    .sort((a, b) => Math.abs(b) - Math.abs(a))[0];
  return { nowMs: Date.now(), livekitAheadMs: livekitAheadMs ?? null, agentAheadMs: worst ?? null };
}

/** How far the clock behind an address is ahead of ours; null when it does not tell. */
async function aheadMs(url: string): Promise<number | null> {
  const askedMs = Date.now();
  try {
    const answer = await fetch(url, {
      cache: 'no-store',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    void answer.body?.cancel();
    const dateMs = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isNaN(dateMs)) return null;
    return Math.round(dateMs + HALF_SECOND_MS - (askedMs + Date.now()) / 2);
  } catch {
    return null;
  }
}
