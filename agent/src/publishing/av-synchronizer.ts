/** What the synchroniser must know of a video frame. */
export type SyncFrame = {
  /** Interruptions so far when the frame was rendered. */
  readonly epoch: number;
  /** Position on the session's timeline; frame i belongs to audio chunks 2i and 2i+1. */
  readonly frameIndex: number;
  /** When the frame arrived from the engine, ms of the session's clock. */
  readonly arrivedAtMs: number;
};

/** Playout times remembered; must exceed the longest playout delay in frames. */
const SCHEDULE_FRAMES = 64;
/** A frame that arrives less than this after its time is not late: no viewer can see it. */
const LATE_TOLERANCE_MS = 5;
const CHUNKS_PER_FRAME = 2;

/**
 * Shows each video frame when the audio it belongs to is heard (the role of LiveKit's `AVSynchronizer` in Python).
 *
 * The audio side says when a chunk will be heard (`noteAudio`); frames wait in a short queue until their time, and `poll`
 * shows the newest one that is due. Overflow policy: the oldest frame is dropped and counted. Frames of an older epoch
 * and frames behind the one on screen are dropped. Every frame taken goes to exactly one of `show` and `drop`.
 */
export class AVSynchronizer<F extends SyncFrame> {
  readonly #show: (frame: F, dueAtMs: number) => void;
  readonly #drop: (frame: F) => void;
  readonly #capacity: number;
  readonly #queue: F[] = [];
  readonly #dueAtMs = new Float64Array(SCHEDULE_FRAMES);
  readonly #dueFrame = new Int32Array(SCHEDULE_FRAMES).fill(-1);
  #epoch = 0;
  #shownFrame = -1;
  #shown = 0;
  #late = 0;
  #dropped = 0;
  #overtaken = 0;
  #outdated = 0;
  #repeated = 0;

  constructor(options: {
    /** Put the frame on screen; its buffer may be reused when this returns. */
    show: (frame: F, dueAtMs: number) => void;
    /** The frame will not be shown. */
    drop: (frame: F) => void;
    /** Frames that may wait. */
    capacity: number;
  }) {
    this.#show = options.show;
    this.#drop = options.drop;
    this.#capacity = options.capacity;
  }

  /** First frame index that has not been shown yet. */
  get nextUnshownFrame(): number {
    return this.#shownFrame + 1;
  }

  /** Frames shown since the start. */
  get shownFrames(): number {
    return this.#shown;
  }

  /** Frames that arrived after their time, since the start (shown all the same unless a newer one was due). */
  get lateFrames(): number {
    return this.#late;
  }

  /** Frames never shown: overflow, overtaken or from before an interruption; since the start. */
  get droppedFrames(): number {
    return this.#dropped;
  }

  /** Of those: overflow and overtaken by a newer frame. */
  get overtakenFrames(): number {
    return this.#overtaken;
  }

  /** Of those: from before an interruption. */
  get outdatedFrames(): number {
    return this.#outdated;
  }

  /** Frame times in which the picture before stayed, since the start. */
  get repeatedFrames(): number {
    return this.#repeated;
  }

  /** Frames that wait for their time. */
  get waitingFrames(): number {
    return this.#queue.length;
  }

  /** Audio chunk `chunkIndex` will be heard from `playAtMs` on. */
  noteAudio(chunkIndex: number, playAtMs: number): void {
    if (chunkIndex % CHUNKS_PER_FRAME !== 0) return;
    const frameIndex = chunkIndex / CHUNKS_PER_FRAME;
    const slot = frameIndex % SCHEDULE_FRAMES;
    this.#dueFrame[slot] = frameIndex;
    this.#dueAtMs[slot] = playAtMs;
  }

  /** Take a frame from the engine. Returns whether it arrived in time (false counts as late). */
  offer(frame: F): boolean {
    if (frame.epoch < this.#epoch || frame.frameIndex <= this.#shownFrame) {
      if (frame.epoch < this.#epoch) this.#outdated += 1;
      else this.#overtaken += 1;
      this.#discard(frame);
      return true;
    }
    const dueAtMs = this.#dueAt(frame.frameIndex);
    const late = frame.arrivedAtMs > dueAtMs + LATE_TOLERANCE_MS;
    if (late) this.#late += 1;
    if (this.#queue.length >= this.#capacity) {
      this.#overtaken += 1;
      this.#discard(this.#queue.shift()!);
    }
    this.#queue.push(frame);
    return !late;
  }

  /** Show the newest due frame. Returns when to call again, ms; Infinity when nothing scheduled waits. */
  poll(nowMs: number): number {
    const queue = this.#queue;
    let due: F | undefined;
    while (queue.length > 0 && this.#dueAt(queue[0]!.frameIndex) <= nowMs) {
      if (due) {
        this.#overtaken += 1;
        this.#discard(due);
      }
      due = queue.shift()!;
    }
    if (due) {
      if (this.#shownFrame >= 0) this.#repeated += due.frameIndex - this.#shownFrame - 1;
      this.#shownFrame = due.frameIndex;
      this.#shown += 1;
      this.#show(due, this.#dueAt(due.frameIndex));
    }
    return queue.length > 0 ? this.#dueAt(queue[0]!.frameIndex) : Number.POSITIVE_INFINITY;
  }

  /** Drop every waiting frame; frames of an epoch below `epoch` are refused from now on. */
  interrupt(epoch: number): void {
    this.#epoch = epoch;
    this.#outdated += this.#queue.length;
    this.clear();
  }

  /** Drop every waiting frame (interruption, end of the session). */
  clear(): void {
    for (const frame of this.#queue.splice(0)) this.#discard(frame);
  }

  #dueAt(frameIndex: number): number {
    const slot = frameIndex % SCHEDULE_FRAMES;
    return this.#dueFrame[slot] === frameIndex ? this.#dueAtMs[slot]! : Number.POSITIVE_INFINITY;
  }

  #discard(frame: F): void {
    this.#dropped += 1;
    this.#drop(frame);
  }
}
