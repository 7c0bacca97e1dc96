/** Mic → mouth as the page can estimate it: what others measured plus what getStats knows. */

/**
 * From sound at the microphone to audio in the agent, beside the network: capture, one 20 ms Opus packet, and the
 * agent's own jitter buffer. The page cannot see these; the sum was measured on loopback.
 */
export const CAPTURE_AND_BUFFER_MS = 60;

/** Counters of one getStats report that matter here; times in seconds as in the report. */
export type PlayoutSample = {
  /** Sum over decoded frames of first packet received → frame decoded (jitter buffer included). */
  readonly processingDelayS: number;
  readonly framesDecoded: number;
};

/** Parts of the estimate, ms. */
export type LatencyParts = {
  readonly captureMs: number;
  /** Half a round trip each way. */
  readonly networkMs: number;
  /** In the agent, reported by the agent. */
  readonly avatarMs: number;
  /** Jitter buffer and decoder of this browser. */
  readonly playoutMs: number;
};

/** Read the video counters and the round trip of a getStats report; undefined where the browser gives none. */
export function readReport(report: Iterable<readonly [string, unknown]>): {
  playout?: PlayoutSample;
  roundTripMs?: number;
} {
  let playout: PlayoutSample | undefined;
  let roundTripMs: number | undefined;
  for (const [, entry] of report) {
    const stat = entry as Record<string, unknown>;
    if (stat['type'] === 'inbound-rtp' && stat['kind'] === 'video') {
      // Safari has no totalProcessingDelay; its jitter buffer is the larger part of it.
      const delayS = stat['totalProcessingDelay'] ?? stat['jitterBufferDelay'];
      const frames = stat['framesDecoded'];
      if (typeof delayS === 'number' && typeof frames === 'number') {
        playout = { processingDelayS: delayS, framesDecoded: frames };
      }
    }
    if (stat['type'] === 'candidate-pair' && stat['state'] === 'succeeded') {
      const roundTripS = stat['currentRoundTripTime'];
      if (
        typeof roundTripS === 'number' &&
        (stat['nominated'] === true || roundTripMs === undefined)
      ) {
        roundTripMs = roundTripS * 1000;
      }
    }
  }
  return {
    ...(playout === undefined ? {} : { playout }),
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
  };
}

/** Mean playout delay of the frames decoded between two samples, ms; null without new frames. */
export function playoutMsBetween(before: PlayoutSample, after: PlayoutSample): number | null {
  const frames = after.framesDecoded - before.framesDecoded;
  const delayS = after.processingDelayS - before.processingDelayS;
  return frames > 0 && delayS >= 0 ? (delayS / frames) * 1000 : null;
}

/** Put the parts together. `roundTripsMs`: page ↔ LiveKit, sending and receiving side. */
export function latencyParts(
  avatarMs: number,
  playoutMs: number,
  roundTripsMs: { readonly up: number; readonly down: number },
): LatencyParts {
  return {
    captureMs: CAPTURE_AND_BUFFER_MS,
    networkMs: roundTripsMs.up / 2 + roundTripsMs.down / 2,
    avatarMs,
    playoutMs,
  };
}

/** Sum of the parts, ms. */
export function totalMs({ captureMs, networkMs, avatarMs, playoutMs }: LatencyParts): number {
  return captureMs + networkMs + avatarMs + playoutMs;
}
