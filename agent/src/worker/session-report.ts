import { ATTRIBUTES } from '../api/contract.ts';
import type { SourceName } from '../audio/source-selector.ts';
import type { SessionStats } from '../engine/protocol.ts';
import type { MediaPipelineEvents } from './media-pipeline.ts';
import type { RoomAttributes } from './room-attributes.ts';
import { SpeakingState } from './speaking-state.ts';

/** A clip's tail is still in the receivers' jitter buffers when it has left here, ms. */
const RECEIVER_BUFFER_MS = 200;
/** The engine hears the numbers every second, the room every second time. */
const ROOM_STATS_EVERY = 2;

/** Tells the room and the engine what the pipeline does. */
export class SessionReport implements MediaPipelineEvents {
  readonly #attributes: RoomAttributes;
  readonly #sendStats: (stats: SessionStats) => void;
  readonly #delayMs: () => number;
  readonly #speaking = new SpeakingState();
  #sourceTimer: NodeJS.Timeout | undefined;
  #statsCount = 0;

  /** @param options.delayMs current delay between audio in and audio out */
  constructor(options: {
    attributes: RoomAttributes;
    sendStats: (stats: SessionStats) => void;
    delayMs: () => number;
  }) {
    this.#attributes = options.attributes;
    this.#sendStats = options.sendStats;
    this.#delayMs = options.delayMs;
  }

  /** Tell the page when to listen: a clip from its first sample, the microphone only when the clip's tail is heard. */
  onSource(source: SourceName): void {
    clearTimeout(this.#sourceTimer);
    const waitMs = source === 'clip' ? 0 : this.#delayMs() + RECEIVER_BUFFER_MS;
    this.#sourceTimer = setTimeout(
      () => this.#attributes.set({ [ATTRIBUTES.source]: source }),
      waitMs,
    );
  }

  onShown(speechRatio: number): void {
    const state = this.#speaking.next(speechRatio);
    if (state) this.#attributes.set({ [ATTRIBUTES.agentState]: state });
  }

  onStats(stats: SessionStats): void {
    this.#sendStats(stats);
    this.#statsCount += 1;
    if (this.#statsCount % ROOM_STATS_EVERY !== 0) return;
    const { shownFps, lateFrames } = stats;
    const pipelineMs = Math.round(stats.pipelineMs);
    this.#attributes.set({
      [ATTRIBUTES.stats]: JSON.stringify({ pipelineMs, shownFps, lateFrames }),
    });
  }

  /** Say nothing more. */
  close(): void {
    clearTimeout(this.#sourceTimer);
  }
}
