/** What a browser received between two moments, from its own WebRTC statistics and from the pictures it showed. */
import type { Page } from 'playwright-core';
import type { PresentedFrame } from '../../e2e/harness/instrument.ts';

/** Counters of all connections of the page since they were made. */
export type ReceiverCounters = {
  videoPackets: number;
  videoPacketsLost: number;
  /** Asked for again (NACK), and key frames asked for (PLI). */
  nacks: number;
  plis: number;
  videoBytes: number;
  videoBufferMs: number;
  videoFramesEmitted: number;
  audioPackets: number;
  audioPacketsLost: number;
  /** Packets that came as redundancy of another (RED, FEC). */
  audioRedundant: number;
  audioSamples: number;
  /** Invented by the receiver because nothing was there. */
  audioConcealed: number;
  /** Of these, as silence: the ear hears a gap. */
  audioSilent: number;
  audioBufferMs: number;
  audioSamplesEmitted: number;
};

/** What a person saw and heard in a stretch of time. */
export type Received = {
  fps: number;
  /** Pauses between two pictures above 200 ms. */
  freezes: number;
  /** Share of the time inside such pauses. */
  frozenRatio: number;
  longestFreezeMs: number;
  /** Share of the sound that was invented, and that was silence where sound should have been. */
  concealedRatio: number;
  silentRatio: number;
  /** Lost on the way to the browser as its receiver counts it: after retransmission and redundancy. */
  videoLossRatio: number;
  audioLossRatio: number;
  audioRedundantPerS: number;
  nacksPerS: number;
  plisPerS: number;
  videoKbps: number;
  /** Mean time in the receiver's buffers. */
  videoBufferMs: number;
  audioBufferMs: number;
};

const FREEZE_MS = 200;

/** Keep the page's connections where `readCounters` finds them; call before the first navigation. */
export async function keepConnections(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const kept: RTCPeerConnection[] = [];
    Object.assign(window, { __connections: kept });
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        kept.push(this);
      }
    };
  });
}

/** Counters now. */
export async function readCounters(page: Page): Promise<ReceiverCounters> {
  return page.evaluate(async () => {
    const sum = {
      videoPackets: 0,
      videoPacketsLost: 0,
      nacks: 0,
      plis: 0,
      videoBytes: 0,
      videoBufferMs: 0,
      videoFramesEmitted: 0,
      audioPackets: 0,
      audioPacketsLost: 0,
      audioRedundant: 0,
      audioSamples: 0,
      audioConcealed: 0,
      audioSilent: 0,
      audioBufferMs: 0,
      audioSamplesEmitted: 0,
    };
    const connections = (window as unknown as { __connections: RTCPeerConnection[] }).__connections;
    for (const connection of connections) {
      if (connection.connectionState === 'closed') continue;
      const stats = (await connection.getStats()) as unknown as Map<
        string,
        Record<string, number> & { type: string; kind: string }
      >;
      for (const item of stats.values()) {
        if (item.type !== 'inbound-rtp') continue;
        const get = (name: string): number => item[name] ?? 0;
        if (item.kind === 'video') {
          sum.videoPackets += get('packetsReceived');
          sum.videoPacketsLost += get('packetsLost');
          sum.nacks += get('nackCount');
          sum.plis += get('pliCount');
          sum.videoBytes += get('bytesReceived');
          sum.videoBufferMs += 1000 * get('jitterBufferDelay');
          sum.videoFramesEmitted += get('jitterBufferEmittedCount');
        } else {
          sum.audioPackets += get('packetsReceived');
          sum.audioPacketsLost += get('packetsLost');
          sum.audioRedundant += get('fecPacketsReceived');
          sum.audioSamples += get('totalSamplesReceived');
          sum.audioConcealed += get('concealedSamples');
          sum.audioSilent += get('silentConcealedSamples');
          sum.audioBufferMs += 1000 * get('jitterBufferDelay');
          sum.audioSamplesEmitted += get('jitterBufferEmittedCount');
        }
      }
    }
    return sum;
  });
}

/** The stretch between two readings of the counters; `frames` are those shown in it, `durationMs` long. */
export function received(
  before: ReceiverCounters,
  after: ReceiverCounters,
  frames: readonly PresentedFrame[],
  durationMs: number,
): Received {
  const grown = (name: keyof ReceiverCounters): number => after[name] - before[name];
  const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
  const gaps = frameGaps(frames).filter((gapMs) => gapMs > FREEZE_MS);
  const seconds = durationMs / 1000;
  return {
    fps: frames.length / seconds,
    freezes: gaps.length,
    frozenRatio: gaps.reduce((sum, gapMs) => sum + gapMs, 0) / durationMs,
    longestFreezeMs: gaps.reduce((longest, gapMs) => Math.max(longest, gapMs), 0),
    concealedRatio: share(grown('audioConcealed'), grown('audioSamples')),
    silentRatio: share(grown('audioSilent'), grown('audioSamples')),
    videoLossRatio: share(
      grown('videoPacketsLost'),
      grown('videoPackets') + grown('videoPacketsLost'),
    ),
    audioLossRatio: share(
      grown('audioPacketsLost'),
      grown('audioPackets') + grown('audioPacketsLost'),
    ),
    audioRedundantPerS: grown('audioRedundant') / seconds,
    nacksPerS: grown('nacks') / seconds,
    plisPerS: grown('plis') / seconds,
    videoKbps: (8 * grown('videoBytes')) / durationMs,
    videoBufferMs: share(grown('videoBufferMs'), grown('videoFramesEmitted')),
    audioBufferMs: share(grown('audioBufferMs'), grown('audioSamplesEmitted')),
  };
}

/** Times between neighbouring pictures, ms. */
export function frameGaps(frames: readonly PresentedFrame[]): number[] {
  return frames.slice(1).map(({ t }, i) => t - frames[i]!.t);
}

/**
 * How long after `fromMs` the picture is steady again: the first moment from which on a second passes without a pause
 * above 200 ms and with at least `minFps`. Undefined: never in these frames.
 */
export function recoveryMs(
  frames: readonly PresentedFrame[],
  fromMs: number,
  minFps: number,
): number | undefined {
  const times = frames.map(({ t }) => t).filter((t) => t >= fromMs);
  for (const [i, start] of times.entries()) {
    const second = times.slice(i).filter((t) => t <= start + 1000);
    const complete = (times.at(-1) ?? 0) >= start + 1000;
    const isSteady = second.every((t, k) => k === 0 || t - second[k - 1]! <= FREEZE_MS);
    if (complete && isSteady && second.length - 1 >= minFps) return start - fromMs;
  }
  return undefined;
}
