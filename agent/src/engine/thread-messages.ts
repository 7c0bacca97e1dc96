/**
 * Messages between the main thread and one render thread. Sessions are numbered by the main thread. Frames do not
 * travel: they lie in shared slots (frame-slots.ts) and only their numbers do.
 */
import type { MusetalkConfig } from '../config/schema.ts';
import type { ErrorCode } from '../errors.ts';
import type { AvatarAsset, PackFacts } from '../pipeline/model-pack.ts';
import type { SessionCounters } from './session-counters.ts';

/** What a render thread gets when it starts. */
export type ThreadStart = {
  readonly modelsDir: string;
  readonly silenceDbfs: number;
  readonly fadeMs: number;
  /** service.musetalk */
  readonly musetalk: MusetalkConfig;
};

/** Main thread → render thread, handled in order. */
export type ToThread =
  /** Open an avatar and, the first time, its pack. Answered by avatar or avatarFailed. A second asset replaces the first for new sessions. */
  | { readonly kind: 'avatar'; readonly asset: AvatarAsset; readonly model: string }
  /** Answered by opened or failed. `epoch` > 0: a session of a lost thread goes on. */
  | {
      readonly kind: 'open';
      readonly session: number;
      readonly avatarId: string;
      readonly epoch: number;
      readonly counters: SessionCounters;
    }
  | {
      readonly kind: 'audio';
      readonly session: number;
      readonly epoch: number;
      readonly chunkIndex: number;
      readonly pcm: Int16Array;
    }
  | {
      readonly kind: 'interrupt';
      readonly session: number;
      readonly epoch: number;
      readonly fromFrame: number;
    }
  /** Answered by selected or failed. */
  | {
      readonly kind: 'select';
      readonly session: number;
      readonly requestId: number;
      readonly avatarId: string;
    }
  /** The frame in a slot is sent or dropped. */
  | { readonly kind: 'free'; readonly session: number; readonly slot: number }
  | { readonly kind: 'close'; readonly session: number };

/** A failure in a form that crosses threads. */
export type ThreadFailure = { readonly code: ErrorCode; readonly message: string };

/** What a job learns about an avatar's stream. */
export type OpenedAvatar = {
  readonly avatarId: string;
  readonly width: number;
  readonly height: number;
  readonly facts: PackFacts;
};

/** Render thread → main thread. */
export type FromThread =
  | { readonly kind: 'avatar'; readonly id: string; readonly facts: PackFacts }
  | { readonly kind: 'avatarFailed'; readonly id: string; readonly failure: ThreadFailure }
  | { readonly kind: 'opened'; readonly session: number; readonly avatar: OpenedAvatar }
  | {
      readonly kind: 'selected';
      readonly session: number;
      readonly requestId: number;
      readonly avatar: OpenedAvatar;
    }
  /** requestId 0: the session cannot be opened. */
  | {
      readonly kind: 'failed';
      readonly session: number;
      readonly requestId: number;
      readonly failure: ThreadFailure;
    }
  /** A new slot; frames refer to it by number from now on. */
  | {
      readonly kind: 'slot';
      readonly session: number;
      readonly slot: number;
      readonly memory: SharedArrayBuffer;
    }
  /** A finished frame message lies in `slot`. */
  | {
      readonly kind: 'frame';
      readonly session: number;
      readonly slot: number;
      /** performance.timeOrigin + performance.now() of the thread when the frame was finished, ms. */
      readonly finishedAtMs: number;
    }
  /** First failure of a series, or the one after which the session rests for a second. */
  | {
      readonly kind: 'trouble';
      readonly session: number;
      readonly message: string;
      readonly isResting: boolean;
    };
