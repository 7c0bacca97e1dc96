'use client';
import type { LocalAudioTrack, RemoteAudioTrack, RemoteTrack } from 'livekit-client';
import { useEffect, useRef, useState, type RefObject } from 'react';
import {
  latencyParts,
  playoutMsBetween,
  readReport,
  type LatencyParts,
  type PlayoutSample,
} from './latency.ts';

const PERIOD_MS = 1000;
/** Seconds without a decoded frame after which a picture counts as stopped. */
const STALL_TICKS = 4;

/** What the live badge shows; null until measured. */
export type LiveStats = {
  /** Frames that this page really showed in the last second. */
  readonly fps: number | null;
  readonly latency: LatencyParts | null;
  /** No frame has arrived for some seconds. */
  readonly stalled: boolean;
};

const UNMEASURED: LiveStats = { fps: null, latency: null, stalled: false };

/** Measures the shown video once a second. */
export function useLiveStats(
  videoElement: RefObject<HTMLVideoElement | null>,
  video: RemoteTrack | null,
  microphone: LocalAudioTrack | RemoteAudioTrack | undefined,
  pipelineMs: number | null,
): LiveStats {
  const [stats, setStats] = useState<LiveStats>(UNMEASURED);
  const pipeline = useRef(pipelineMs);
  useEffect(() => {
    pipeline.current = pipelineMs;
  }, [pipelineMs]);

  useEffect(() => {
    const element = videoElement.current;
    if (video === null || element === null) {
      setStats(UNMEASURED);
      return;
    }
    let shown = 0;
    let shownBefore: { frames: number; atMs: number } | null = null;
    let sampleBefore: PlayoutSample | undefined;
    let handle = 0;
    let quietTicks = 0;
    const hasFrameCallback = 'requestVideoFrameCallback' in element;
    const onFrame = (_now: number, { presentedFrames }: VideoFrameCallbackMetadata): void => {
      shown = presentedFrames;
      handle = element.requestVideoFrameCallback(onFrame);
    };
    if (hasFrameCallback) handle = element.requestVideoFrameCallback(onFrame);

    const tick = async (): Promise<void> => {
      const received = await video.getRTCStatsReport();
      const sent = await microphone?.getRTCStatsReport();
      const down = received === undefined ? {} : readReport(received);
      const up = sent === undefined ? {} : readReport(sent);
      const frames = hasFrameCallback ? shown : (down.playout?.framesDecoded ?? 0);
      const nowMs = performance.now();
      const fps =
        shownBefore === null
          ? null
          : Math.max(0, ((frames - shownBefore.frames) * 1000) / (nowMs - shownBefore.atMs));
      shownBefore = { frames, atMs: nowMs };
      const playoutMs =
        sampleBefore === undefined || down.playout === undefined
          ? null
          : playoutMsBetween(sampleBefore, down.playout);
      // Decoded, not shown: browsers show nothing in a hidden tab.
      const isQuiet =
        sampleBefore !== undefined && down.playout?.framesDecoded === sampleBefore.framesDecoded;
      quietTicks = isQuiet ? quietTicks + 1 : 0;
      sampleBefore = down.playout;
      setStats((previous) => ({
        fps,
        stalled: quietTicks >= STALL_TICKS,
        latency:
          playoutMs === null || pipeline.current === null
            ? previous.latency
            : latencyParts(pipeline.current, playoutMs, {
                up: up.roundTripMs ?? down.roundTripMs ?? 0,
                down: down.roundTripMs ?? 0,
              }),
      }));
    };
    const timer = setInterval(() => void tick(), PERIOD_MS);
    return () => {
      clearInterval(timer);
      if (hasFrameCallback) element.cancelVideoFrameCallback(handle);
    };
  }, [videoElement, video, microphone]);
  return stats;
}
