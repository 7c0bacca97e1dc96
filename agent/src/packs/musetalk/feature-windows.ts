/**
 * Which sound a video frame sees: of Whisper's 50 features per second, frame i (25/s) gets 2i − 4 … 2i + 5, every
 * feature with all its states; zeros where there is no feature yet (musetalk/utils/audio_processor.py).
 */
import { MEL_HOP_SAMPLES, samplesForMelFrame } from '../../features/log-mel.ts';
import { SAMPLES_PER_FRAME } from '../../pipeline/timeline.ts';

/** Features per video frame, and mel frames per feature. */
export const FEATURES_PER_FRAME = 2;
export const MEL_PER_FEATURE = 2;
/** Features one frame sees, and how many of them come before its own. */
export const WINDOW_FEATURES = 10;
const FEATURES_BEFORE = 4;
/** The encoder's convolutions reach this many mel frames beyond a feature's own. */
const MEL_REACH = 2;

/** First feature of frame i's window; negative ones are zeros. */
export const firstFeature = (frame: number): number => FEATURES_PER_FRAME * frame - FEATURES_BEFORE;

/** The feature after frame i's window. */
export const endFeature = (frame: number): number => firstFeature(frame) + WINDOW_FEATURES;

/** Number of mel frames that all features before `feature` need. */
export const melFramesFor = (feature: number): number =>
  MEL_PER_FEATURE * (feature - 1) + MEL_REACH + 1;

/** Sound that must be known beyond the end of a frame, ms: 92.5. */
export const MIN_LOOK_AHEAD_MS =
  ((samplesForMelFrame(melFramesFor(endFeature(0)) - 1) - SAMPLES_PER_FRAME) * 1000) / 16_000;

/** One mel frame, ms. */
export const MEL_FRAME_MS = (MEL_HOP_SAMPLES * 1000) / 16_000;

/**
 * Copy frame `frame`'s window out of features (`featureLength` numbers each): token = time · states + state, which is
 * the order they lie in.
 * @param featureAt the numbers of a feature, undefined = zeros
 */
export function fillWindow(
  frame: number,
  featureLength: number,
  featureAt: (feature: number) => Float32Array | undefined,
  out: Float32Array,
): void {
  const first = firstFeature(frame);
  for (let i = 0; i < WINDOW_FEATURES; i += 1) {
    const values = featureAt(first + i);
    const to = i * featureLength;
    if (values) out.set(values, to);
    else out.fill(0, to, to + featureLength);
  }
}
