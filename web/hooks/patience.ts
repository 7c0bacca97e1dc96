/** How long the page puts up with a service that is away, because services that are restarted come back. */
import { DefaultReconnectPolicy, DisconnectReason } from 'livekit-client';
import { delay } from './delay.ts';
import { PageApiError } from './page-api.ts';

/** Between two attempts, ms. */
const RETRY_MS = 2000;
/** A start of the agent takes seconds, with an avatar to prepare about a minute. */
const OPEN_ATTEMPTS = 45;
/** The service is starting again, or was not started yet. */
const AWAY = new Set(['AGENT_UNAVAILABLE', 'LIVEKIT_UNAVAILABLE']);

/**
 * Reconnection to a running room: about every 2 s for two minutes. LiveKit's own policy goes up to 7 s ± 50 % and ends
 * after 45 s: too slow to be back within 10 s of the server.
 */
export const reconnectPolicy = (): DefaultReconnectPolicy =>
  new DefaultReconnectPolicy([0, 300, 1000, ...Array.from({ length: 60 }, () => RETRY_MS)]);

/** Run `open`, again and again while the service is away; `onWait` is called before each pause. */
export async function patiently<T>(
  open: () => Promise<T>,
  onWait: () => void,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (thrown) {
      const isAway = thrown instanceof PageApiError && AWAY.has(thrown.problem.code);
      if (!isAway || attempt >= OPEN_ATTEMPTS || signal.aborted) throw thrown;
    }
    onWait();
    await delay(RETRY_MS, signal);
  }
}

/** Whether a session that ended for this reason shall be opened anew without asking: its server is being replaced. */
export function comesBack(reason: DisconnectReason | undefined): boolean {
  return reason === DisconnectReason.SERVER_SHUTDOWN;
}
