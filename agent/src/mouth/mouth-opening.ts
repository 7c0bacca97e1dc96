/** Draws what is seen between the lips of one frame: opening, interior, and the line of closed lips. */
import type { PackAvatarSettings } from '../pipeline/model-pack.ts';
import { CLOSED_GAP_DM, type FaceBasis } from './face-basis.ts';
import { HoleMask } from './hole-mask.ts';
import { FRAME_GAP, FRAME_LIGHT, FRAME_LIPS, FRAME_MOUTH_WIDTH } from './lite-prepare.ts';
import { MouthInterior, type MouthView } from './mouth-interior.ts';
import { type MouthLook, paintMouth } from './paint-mouth.ts';
import { faceCentre } from './pose-fit.ts';
import type { OpenRegion } from './region-cache.ts';
import { STENCIL_TAPS, type RendererData } from './renderer-data.ts';
import { fleshGain, sceneLight, toothGain } from './tooth-light.ts';

const DM_PER_MM = 0.01;
/** Colour of the teeth in renderer.bin. */
const OWN_TEETH = [226, 216, 198] as const;

/** Opening in the middle as a part of the mouth's width up to which lips count as closed, and from which all is shown. */
const SHUT_PART = 0.05;
const SHOWN_PART = 0.075;

/** Thickness of the line between closed lips, px. */
const SEAM_PX = 1.2;
/** Mouths narrower than this are drawn with 2 × 2 samples per pixel. */
const FINE_MOUTH_PX = 180;

/** The opening of one avatar's mouth; buffers are reused. */
export class MouthOpening {
  readonly #data: RendererData;
  readonly #prepared: Float32Array;
  readonly #eyeLight: number;
  readonly #view: MouthView;
  readonly #look: { -readonly [K in keyof MouthLook]: MouthLook[K] };
  readonly #limit = { width: 0, height: 0, marginPx: 2 };
  readonly #hole = new HoleMask();
  readonly #interior: MouthInterior;
  readonly #holeX: Float32Array;
  readonly #holeY: Float32Array;
  readonly #jaw: number;
  readonly #tongue: number;
  readonly #pucker: number;
  readonly #funnel: number;

  /** `prepared`: the avatar's data (lite-prepare.ts). `eyeLight`: eye-light.ts. */
  constructor(
    data: RendererData,
    prepared: Float32Array,
    settings: PackAvatarSettings,
    eyeLight: number,
  ) {
    this.#data = data;
    this.#prepared = prepared;
    this.#eyeLight = eyeLight;
    this.#view = {
      pose: prepared,
      poseAt: 0,
      centre: faceCentre(data),
      placement: {
        offsetX: prepared[4]!,
        offsetY: prepared[5]! + (settings.teethOffsetMm ?? 0) * DM_PER_MM,
        offsetZ: prepared[6]!,
        archScale: prepared[7]!,
      },
      jaw: 0,
      tongue: 0,
      toothGain: 1,
      fleshGain: 1,
      samples: 1,
    };
    this.#look = {
      samples: 1,
      strength: 0,
      gain: 1,
      lips: prepared,
      lipsAt: 0,
      upX: 0,
      upY: 0,
      shadowPx: 0,
      reveal: 0,
      ownOpen: 0,
      recess: 0,
    };
    const fine = data.taps.length / STENCIL_TAPS;
    this.#holeX = new Float32Array(fine);
    this.#holeY = new Float32Array(fine);
    this.#interior = new MouthInterior(data, toothTint(settings.teethColour));
    this.#jaw = data.parameterNames.indexOf('jawOpen');
    this.#tongue = data.parameterNames.indexOf('tongueUp');
    this.#pucker = data.parameterNames.indexOf('mouthPucker');
    this.#funnel = data.parameterNames.indexOf('mouthFunnel');
  }

  /** Draw over the warped pixels of `target`. `at`: where the frame starts in the prepared data. */
  draw(at: number, weights: Float32Array, basis: FaceBasis, target: OpenRegion): void {
    const prepared = this.#prepared;
    const { region } = target;
    const loop = this.#data.lipLoop;
    const mouthWidthPx = prepared[at + FRAME_MOUTH_WIDTH]!;
    this.#outline(at, basis, region);
    this.#limit.width = region.width;
    this.#limit.height = region.height;
    if (!this.#hole.draw(loop, this.#holeX, this.#holeY, this.#limit)) return;
    this.#hole.blur(Math.max(1, Math.round(mouthWidthPx * 0.026)));
    const skin = prepared[at + FRAME_LIGHT]!;
    const light = sceneLight(skin, this.#eyeLight);
    const samples = mouthWidthPx < FINE_MOUTH_PX ? 2 : 1;
    const view = this.#view;
    view.poseAt = at;
    view.jaw = weights[this.#jaw]!;
    view.tongue = weights[this.#tongue]!;
    view.toothGain = toothGain(light);
    view.fleshGain = fleshGain(skin, light);
    view.samples = samples;
    this.#interior.draw(view, this.#hole.bounds, region);
    const look = this.#look;
    look.samples = samples;
    // The interior appears as the lips start to move, so the first frame of speech does not pop.
    look.strength = Math.min(1, basis.lipTravelPx / (0.03 * mouthWidthPx));
    const gapPart = middleGapPx(loop, basis) / mouthWidthPx;
    look.reveal = Math.min(1, Math.max(0, (gapPart - SHUT_PART) / (SHOWN_PART - SHUT_PART)));
    look.ownOpen = Math.min(1, Math.max(0, prepared[at + FRAME_GAP]! - CLOSED_GAP_DM) / 0.03);
    look.gain = view.fleshGain;
    look.lipsAt = at + FRAME_LIPS;
    look.upX = prepared[at + 1]!;
    look.upY = -prepared[at + 4]!;
    look.shadowPx = 0.03 * mouthWidthPx;
    look.recess = Math.min(1, 0.8 * weights[this.#pucker]! + 0.5 * weights[this.#funnel]!);
    paintMouth(target, this.#hole, this.#interior, look);
  }

  /** The lip loop in region px. Closed lips keep a seam of SEAM_PX, so that their line stays smooth. */
  #outline(at: number, basis: FaceBasis, region: { x: number; y: number }): void {
    const prepared = this.#prepared;
    const { x, y, dx, dy } = basis;
    const loop = this.#data.lipLoop;
    // The upper half of the loop comes first.
    const half = (loop.length - 1) >> 1;
    const upScale = SEAM_PX / 2 / Math.hypot(prepared[at + 1]!, prepared[at + 4]!);
    for (let k = 0; k < loop.length - 1; k += 1) {
      const v = loop[k]!;
      const side = k === 0 || k === half ? 0 : k < half ? upScale : -upScale;
      this.#holeX[v] = x[v]! + dx[v]! - region.x + side * prepared[at + 1]!;
      this.#holeY[v] = y[v]! + dy[v]! - region.y - side * prepared[at + 4]!;
    }
  }
}

/** Distance between the middles of the drawn lips. */
function middleGapPx(loop: Uint16Array, { x, y, dx, dy }: FaceBasis): number {
  const quarter = (loop.length - 1) >> 2;
  const upper = loop[quarter]!;
  const lower = loop[3 * quarter]!;
  return Math.hypot(
    x[upper]! + dx[upper]! - x[lower]! - dx[lower]!,
    y[upper]! + dy[upper]! - y[lower]! - dy[lower]!,
  );
}

/** Factors that turn our teeth into `colour` (#rrggbb); none for undefined. */
function toothTint(colour: string | undefined): [number, number, number] {
  const value = colour === undefined ? null : Number.parseInt(colour.slice(1), 16);
  if (value === null || Number.isNaN(value)) return [1, 1, 1];
  return [
    (value >> 16) / OWN_TEETH[0],
    ((value >> 8) & 255) / OWN_TEETH[1],
    (value & 255) / OWN_TEETH[2],
  ];
}
