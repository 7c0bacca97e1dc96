/** What the engine has measured since the process began, by avatar. Labels come from the configuration, never from people. */
import type { EngineSessionStatus } from '../engine/session-status.ts';
import { BUCKETS_S, BucketCounts } from './bucket-counts.ts';
import { createJobLatencies } from './job-latencies.ts';

/**
 * Stages of a frame: the pack's audio features, its network and mouth, the patch's way into the picture; `idle`: all of a
 * frame with a resting mouth; `socket`: from the render thread to the job.
 */
export const RENDER_STAGES = ['audio', 'net', 'blend', 'idle', 'socket'] as const;
export type RenderStage = (typeof RENDER_STAGES)[number];

/**
 * How a session ended. completed: the person left, the room closed or the worker was drained; failed: the job could not
 * go on and said so; refused: it never opened; ended: the engine ended it; lost: its job was gone without a word.
 */
export const SESSION_OUTCOMES = ['completed', 'failed', 'refused', 'ended', 'lost'] as const;
export type SessionOutcome = (typeof SESSION_OUTCOMES)[number];

/** speech, idle: frames made; drop: made or due and never shown; repeat: 40 ms in which the picture before stayed. */
export const FRAME_KINDS = ['speech', 'idle', 'repeat', 'drop'] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];
/** Where frames of an interrupted past were dropped. */
export const OUTDATED_STAGES = ['socket', 'show'] as const;
export type OutdatedStage = (typeof OUTDATED_STAGES)[number];

/** Everything measured with one avatar. */
export class AvatarMeter {
  readonly avatar: string;
  /** Name of its model pack. */
  readonly renderer: string;
  readonly stages: Readonly<Record<RenderStage, BucketCounts>> = {
    audio: new BucketCounts(BUCKETS_S.render),
    net: new BucketCounts(BUCKETS_S.render),
    blend: new BucketCounts(BUCKETS_S.render),
    idle: new BucketCounts(BUCKETS_S.render),
    socket: new BucketCounts(BUCKETS_S.render),
  };
  readonly latencies = createJobLatencies();
  readonly sessions: Record<SessionOutcome, number> = {
    completed: 0,
    failed: 0,
    refused: 0,
    ended: 0,
    lost: 0,
  };

  constructor(avatar: string, renderer: string) {
    this.avatar = avatar;
    this.renderer = renderer;
  }
}

/** bundle: frames are read, or prepared; engine: the avatar is opened in every render thread. */
export type LoadStep = 'bundle' | 'engine';
/** `seconds`: how long it took; undefined: it could not be loaded. */
export type LoadListener = (avatar: string, step: LoadStep, seconds: number | undefined) => void;

/** How long an avatar took to load the last time, s, and how often it could not be. */
export type LoadRecord = { bundleS?: number; engineS?: number; failures: number };

/** Counts of one session or of many. */
export type FrameTotals = {
  readonly frames: Readonly<Record<FrameKind, number>>;
  readonly outdated: Readonly<Record<OutdatedStage, number>>;
};

/** Frames of one session so far. */
export function frameTotalsOf(session: EngineSessionStatus): FrameTotals {
  const { framesRendered, framesIdle, framesDropped, framesOutdated, job } = session;
  return {
    frames: {
      speech: framesRendered,
      idle: framesIdle,
      repeat: job?.framesRepeated ?? 0,
      drop: framesDropped + (job?.framesOvertaken ?? 0),
    },
    outdated: { socket: framesOutdated, show: job?.framesOutdated ?? 0 },
  };
}

/** Sum of what several have counted. */
export function addTotals(parts: readonly FrameTotals[]): FrameTotals {
  const frames = { speech: 0, idle: 0, repeat: 0, drop: 0 };
  const outdated = { socket: 0, show: 0 };
  for (const part of parts) {
    for (const kind of FRAME_KINDS) frames[kind] += part.frames[kind];
    for (const stage of OUTDATED_STAGES) outdated[stage] += part.outdated[stage];
  }
  return { frames, outdated };
}

/** See the head of this file. */
export class EngineMeters {
  readonly #meters = new Map<string, AvatarMeter>();
  readonly loads = new Map<string, LoadRecord>();
  readonly #onLoad: LoadListener | undefined;
  #ended: FrameTotals = addTotals([]);

  /** @param onLoad told of every loading of an avatar */
  constructor(onLoad?: LoadListener) {
    this.#onLoad = onLoad;
  }

  /** Avatars that were shown. */
  get avatars(): readonly AvatarMeter[] {
    return [...this.#meters.values()];
  }

  /** Frames of the sessions that have ended. */
  get ended(): FrameTotals {
    return this.#ended;
  }

  /** The meter of an avatar of the configuration. */
  of(avatar: string, renderer: string): AvatarMeter {
    const key = `${avatar} ${renderer}`;
    const meter = this.#meters.get(key) ?? new AvatarMeter(avatar, renderer);
    this.#meters.set(key, meter);
    return meter;
  }

  /** A session with this avatar has ended. */
  noteEnded(meter: AvatarMeter, session: EngineSessionStatus, outcome: SessionOutcome): void {
    meter.sessions[outcome] += 1;
    this.#ended = addTotals([this.#ended, frameTotalsOf(session)]);
  }

  /** An avatar was loaded (`seconds`), or could not be (undefined). */
  noteLoad(avatar: string, step: LoadStep, seconds: number | undefined): void {
    this.#onLoad?.(avatar, step, seconds);
    const record = this.loads.get(avatar) ?? { failures: 0 };
    this.loads.set(avatar, record);
    if (seconds === undefined) record.failures += 1;
    else if (step === 'bundle') record.bundleS = seconds;
    else record.engineS = seconds;
  }
}
