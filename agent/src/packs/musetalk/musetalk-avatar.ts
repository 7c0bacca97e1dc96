/** An avatar opened by the pack: paints the face of a frame for a cue and turns it into a patch. */
import type { Cue, PackAvatar, Patch } from '../../pipeline/model-pack.ts';
import type { MouthBatcher } from './mouth-batcher.ts';
import { PatchMaker } from './mouth-patch.ts';
import type { PreparedAvatar } from './prepared-avatar.ts';

/** A picture whose brightest value is not above this is broken: black, or what NaN becomes. */
const BLACK = 1;

/** See the head of this file. `render` may be called again before the last one has answered (other sessions do). */
export class MusetalkAvatar implements PackAvatar {
  readonly #prepared: PreparedAvatar;
  readonly #batcher: MouthBatcher;
  /** By place in the batch: patches of one batch are read one after the other. */
  readonly #makers: PatchMaker[] = [];

  constructor(prepared: PreparedAvatar, batcher: MouthBatcher) {
    this.#prepared = prepared;
    this.#batcher = batcher;
  }

  async render(sourceFrame: number, cue: Cue, speechRatio: number): Promise<Patch | null> {
    const frame = this.#prepared.frames[sourceFrame];
    if (!frame || speechRatio <= 0) return null;
    const { bgr, slot } = await this.#batcher.paint({
      latents: frame.latents,
      audio: cue.parameters,
    });
    if (isBroken(bgr)) return null;
    const maker = (this.#makers[slot] ??= new PatchMaker(this.#prepared.maxRegionPixels));
    return maker.make(bgr, frame, speechRatio);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Whether nothing was painted; ends at the first bright byte. */
export function isBroken(bgr: Uint8Array): boolean {
  for (const value of bgr) if (value > BLACK) return false;
  return true;
}
