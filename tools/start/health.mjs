// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 150;
const ANSWER_TIMEOUT_MS = 2_000;

/**
 * Ask until the address answers 2xx.
 * @param {string} url
 * @param {object} options
 * @param {AbortSignal} options.signal ends the wait; the promise then resolves with false
 * @param {(waitedMs: number, last: string) => void} [options.onWait] about every `reportEveryMs`
 * @param {number} [options.reportEveryMs]
 * @returns {Promise<boolean>} true once healthy
 */
export async function waitUntilHealthy(url, { signal, onWait, reportEveryMs = 10_000 }) {
  const startedMs = Date.now();
  let reportedMs = startedMs;
  while (!signal.aborted) {
    // Once, on an overloaded machine, a request outlived its own time-out, and Ctrl-C with it: wait for no request for ever.
    const answer = await Promise.race([
      ask(url),
      sleep(2 * ANSWER_TIMEOUT_MS, 'no answer yet', { ref: false }),
    ]);
    if (answer === 'ok') return true;
    const nowMs = Date.now();
    if (nowMs - reportedMs >= reportEveryMs) {
      reportedMs = nowMs;
      onWait?.(nowMs - startedMs, answer);
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/**
 * @param {string} url
 * @returns {Promise<string>} `ok`, or what came instead
 */
async function ask(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const body = await response.text();
    return response.ok ? 'ok' : `${response.status} ${body.slice(0, 200).trim()}`;
  } catch {
    return 'no answer yet';
  }
}
