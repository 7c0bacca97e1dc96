/**
 * What the pictures must leave alone, on whole sessions of the engine's offline path: pixels outside the mouth's mask while
 * speaking, and every pixel while nobody speaks (digital silence, a room of −50 dB, the pauses after speech).
 */
import { renderOffline } from '../agent/src/engine/offline-render.ts';
import type { OpenAvatar, SessionSettings } from '../agent/src/engine/render-session.ts';
import type { Patch } from '../agent/src/pipeline/model-pack.ts';
import { sourceFrameAt } from '../agent/src/pipeline/source-frame.ts';
import { MODEL_SAMPLE_RATE_HZ } from '../agent/src/pipeline/timeline.ts';
import type { ShippedAvatar } from './shipped-avatars.ts';

/** Level of the noise that must leave the face still: RMS below full scale. */
const ROOM_NOISE_DBFS = -50;
const USUAL_QUIET_S = 4;
/** Silence added to a clip: long enough for the mouth to come to rest. */
const TAIL_S = 1.2;

export type PictureScores = {
  /** Largest change of a luma or chroma byte outside the mask while speaking, 0–255. */
  readonly outsideMaskMaxError: number;
  /** Largest change of any byte against the idle frame, 0–255. */
  readonly silenceMaxChange: number;
  readonly quiet: {
    readonly digitalSilence: number;
    readonly roomNoise: number;
    readonly pauses: number;
    /** Noise against digital silence, frame by frame, the avatar moving by itself as the service shows it. */
    readonly besideIdleMotion: number;
  };
  readonly speakingFrames: number;
  /** Mean share of the picture inside the mask while speaking. */
  readonly maskRatio: number;
};

/** Score one avatar on `speech` (PCM16, 16 kHz); the mask is looked at where the avatar keeps still. */
export async function scorePictures(
  { avatar, still }: Pick<ShippedAvatar, 'avatar' | 'still'>,
  speech: Int16Array,
  settings: SessionSettings,
  quietS = USUAL_QUIET_S,
): Promise<PictureScores> {
  const tailed = new Int16Array(speech.length + TAIL_S * MODEL_SAMPLE_RATE_HZ);
  tailed.set(speech);
  const digitalSilence = new Int16Array(quietS * MODEL_SAMPLE_RATE_HZ);
  const spoken = await watch(still, tailed, settings);
  const silence = await watch(still, digitalSilence, settings);
  const noise = await watch(still, roomNoise(quietS), settings);
  const quiet = {
    digitalSilence: Math.max(silence.idle, silence.speaking),
    roomNoise: Math.max(noise.idle, noise.speaking),
    pauses: spoken.idle,
    besideIdleMotion: await largestDifference(avatar, digitalSilence, roomNoise(quietS), settings),
  };
  return {
    outsideMaskMaxError: spoken.outside,
    silenceMaxChange: Math.max(...Object.values(quiet)),
    quiet,
    speakingFrames: spoken.speakingFrames,
    maskRatio: spoken.maskRatio,
  };
}

/** White noise at ROOM_NOISE_DBFS, the same every time. */
export function roomNoise(seconds: number): Int16Array {
  const amplitude = 32_768 * 10 ** (ROOM_NOISE_DBFS / 20);
  let state = 1;
  // Linear congruential generator of Numerical Recipes; twelve of them make a normal deviate.
  const next = (): number =>
    (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return Int16Array.from({ length: seconds * MODEL_SAMPLE_RATE_HZ }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i += 1) sum += next();
    return Math.round(amplitude * sum);
  });
}

type Watched = {
  /** Largest change in frames at rest and in speaking frames, and of the latter outside the mask. */
  idle: number;
  speaking: number;
  outside: number;
  speakingFrames: number;
  maskRatio: number;
};

async function watch(
  avatar: OpenAvatar,
  samples: Int16Array,
  settings: SessionSettings,
): Promise<Watched> {
  const mask = new Uint8Array(avatar.width * avatar.height);
  const watching = { ...avatar, rendering: remembering(avatar, mask) };
  const found: Watched = { idle: 0, speaking: 0, outside: 0, speakingFrames: 0, maskRatio: 0 };
  for await (const { planes, header, failure } of renderOffline(watching, samples, settings)) {
    if (failure) throw failure;
    const at = sourceFrameAt(header.frameIndex, avatar.sourceFrames.length);
    const source = avatar.sourceFrames[at]!; // sourceFrameAt < length
    if (header.speechRatio === 0) {
      found.idle = Math.max(found.idle, largestChange(planes, source));
      continue;
    }
    found.speakingFrames += 1;
    found.maskRatio += shareSet(mask);
    found.speaking = Math.max(found.speaking, largestChange(planes, source));
    found.outside = Math.max(found.outside, changeOutside(planes, source, mask, avatar.width));
  }
  found.maskRatio /= Math.max(1, found.speakingFrames);
  return found;
}

/** Largest difference of a byte between two sessions, frame by frame. */
async function largestDifference(
  avatar: OpenAvatar,
  oneSound: Int16Array,
  otherSound: Int16Array,
  settings: SessionSettings,
): Promise<number> {
  const other = renderOffline(avatar, otherSound, settings);
  let largest = 0;
  for await (const { planes } of renderOffline(avatar, oneSound, settings)) {
    const next = await other.next();
    if (next.done === true) break;
    largest = Math.max(largest, largestChange(planes, next.value.planes));
  }
  return largest;
}

/** The avatar's renderer, copying the alpha of each patch into `mask` (a byte per pixel of the frame). */
function remembering({ rendering, width }: OpenAvatar, mask: Uint8Array): OpenAvatar['rendering'] {
  return {
    close: () => rendering.close(),
    render: async (sourceFrame, cue, speechRatio) => {
      const patch = await rendering.render(sourceFrame, cue, speechRatio);
      mask.fill(0);
      if (patch) drawMask(mask, patch, width);
      return patch;
    },
  };
}

function drawMask(mask: Uint8Array, patch: Patch, frameWidth: number): void {
  const { x, y, width, height, alpha } = patch;
  for (let row = 0; row < height; row += 1) {
    mask.set(alpha.subarray(row * width, (row + 1) * width), (y + row) * frameWidth + x);
  }
}

function shareSet(mask: Uint8Array): number {
  let count = 0;
  for (const alpha of mask) if (alpha > 0) count += 1;
  return count / mask.length;
}

function largestChange(a: Uint8Array, b: Uint8Array): number {
  if (Buffer.compare(a, b) === 0) return 0;
  let largest = 0;
  for (let i = 0; i < a.length; i += 1) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

/** Largest change of I420 bytes where no pixel of the mask is set; a chroma byte belongs to 2 × 2 pixels. */
export function changeOutside(
  planes: Uint8Array,
  source: Uint8Array,
  mask: Uint8Array,
  width: number,
): number {
  const pixels = mask.length;
  const quarter = pixels / 4;
  let largest = 0;
  for (let i = 0; i < pixels; i += 1) {
    if (mask[i] === 0) largest = Math.max(largest, Math.abs(planes[i]! - source[i]!));
  }
  for (let i = 0; i < quarter; i += 1) {
    const row = Math.floor(i / (width / 2));
    const corner = 2 * row * width + 2 * (i - row * (width / 2));
    const { [corner]: a, [corner + 1]: b, [corner + width]: c, [corner + width + 1]: d } = mask;
    if (a !== 0 || b !== 0 || c !== 0 || d !== 0) continue;
    for (const at of [pixels + i, pixels + quarter + i]) {
      largest = Math.max(largest, Math.abs(planes[at]! - source[at]!));
    }
  }
  return largest;
}
