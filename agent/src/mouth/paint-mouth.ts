/**
 * Puts the mouth interior into the opening: soft lip edge, shadow under the upper lip, darkness towards the corners,
 * and the inner lip's own colour where the opening is narrow (so corners do not turn into black horns).
 */
import type { HoleMask } from './hole-mask.ts';
import type { MouthInterior } from './mouth-interior.ts';
import type { WarpTarget } from './mesh-warp.ts';

/** Looks of one frame. */
export type MouthLook = {
  /** Samples per pixel and axis in the interior. */
  readonly samples: number;
  /** Opacity of the interior, 0–1. */
  readonly strength: number;
  /** Brightness of the cavity (`fleshGain`). */
  readonly gain: number;
  /** Lip colour, RGB 0–255, at lips[lipsAt]. */
  readonly lips: Float32Array;
  readonly lipsAt: number;
  /** The face's up direction in the frame (y down), unit. */
  readonly upX: number;
  readonly upY: number;
  /** How far the upper lip's shadow reaches, px. */
  readonly shadowPx: number;
  /** How far the opening may show what is behind it, 0–1: 0 for closed lips, which keep a line. */
  readonly reveal: number;
  /** Whether the source's own mouth is open, 0–1: then its teeth lie where the line of closed lips is. */
  readonly ownOpen: number;
  /** How far the lips stand in front of the teeth, 0–1: protruded lips shade them. */
  readonly recess: number;
};

/** Back of the mouth where nothing is drawn, RGB at full light. */
const CAVITY = [46, 17, 17] as const;

/** Brightness of the line between nearly closed lips, as a part of the lips'. */
const SEAM_SHADE = 0.76;

const smooth = (low: number, high: number, value: number): number => {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
};

/** Blurred coverage at a pixel of the bounds, 0 outside. */
function sampleBlurred(hole: HoleMask, column: number, row: number): number {
  const { width, height } = hole.bounds;
  if (row < 0 || row >= height || column < 0 || column >= width) return 0;
  return hole.blurred[row * width + column]!;
}

/** A narrow opening becomes a soft dark line: mostly the lips above and below, in their shade. */
function softenSeam(target: WarpTarget, x: number, y: number, amount: number): void {
  const { region, rgb } = target;
  if (y < 2 || y >= region.height - 2) return;
  const at = (y * region.width + x) * 3;
  const rows = region.width * 6;
  for (let k = at; k < at + 3; k += 1) {
    const lips = 0.5 * (rgb[k - rows]! + rgb[k + rows]!);
    rgb[k] = rgb[k]! + (lips * SEAM_SHADE - rgb[k]!) * amount + 0.5;
  }
}

/** Blend the drawn interior over the warped pixels of `target`. */
export function paintMouth(
  target: WarpTarget,
  hole: HoleMask,
  interior: MouthInterior,
  look: MouthLook,
): void {
  const { region, rgb, alpha } = target;
  const { bounds, soft, blurred } = hole;
  const { width, height } = bounds;
  const shiftX = Math.round(look.upX * look.shadowPx);
  const shiftY = Math.round(look.upY * look.shadowPx);
  const lipR = look.lips[look.lipsAt]!;
  const lipG = look.lips[look.lipsAt + 1]!;
  const lipB = look.lips[look.lipsAt + 2]!;
  const { samples, strength, gain } = look;
  const seam = 0.8 + 1.7 * look.ownOpen;
  const share = 1 / (samples * samples);
  const daylight = 1 - 0.68 * look.recess;
  // Both the direct light and what flesh reflects get less behind protruded lips.
  const ambient = 1 - 0.36 * look.recess;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const k = row * width + column;
      const covered = soft[k]!;
      if (covered === 0) continue;
      const depthOfHole = blurred[k]!;
      const deep = smooth(0.1, 0.36, depthOfHole) * look.reveal;
      if (deep < 0.95) {
        const line = covered * strength * (1 - deep) * seam;
        softenSeam(target, bounds.x + column, bounds.y + row, line > 1 ? 1 : line);
      }
      const opacity = covered * strength * deep;
      if (opacity < 0.004) continue;
      let r = 0;
      let g = 0;
      let b = 0;
      for (let sy = 0; sy < samples; sy += 1) {
        for (let sx = 0; sx < samples; sx += 1) {
          const s = (row * samples + sy) * interior.width + column * samples + sx;
          if (interior.depth[s]! > -1e9) {
            r += interior.colour[s * 3]!;
            g += interior.colour[s * 3 + 1]!;
            b += interior.colour[s * 3 + 2]!;
          } else {
            r += CAVITY[0] * gain;
            g += CAVITY[1] * gain;
            b += CAVITY[2] * gain;
          }
        }
      }
      // Light comes past the upper lip: how open it is a little further up. Shadows are warm, as flesh reflects.
      const above = sampleBlurred(hole, column + shiftX, row + shiftY);
      const below = sampleBlurred(hole, column - shiftX, row - shiftY);
      const shadow =
        daylight * smooth(0, 0.8, above) * (0.55 + 0.45 * smooth(0.25, 0.8, depthOfHole));
      const scale = ambient * share;
      // At the rim the inner lip shows: dark and in the shade under the upper lip, lit on the lower one.
      const inside = smooth(0.34, 0.78, depthOfHole);
      const wet = (1 - inside) * (0.34 + 0.2 * smooth(-0.1, 0.35, above - below));
      r = r * scale * (0.5 + 0.5 * shadow) * inside + lipR * wet;
      g = g * scale * (0.32 + 0.66 * shadow) * inside + lipG * wet * 0.82;
      b = b * scale * (0.25 + 0.71 * shadow) * inside + lipB * wet * 0.82;
      const at = (bounds.y + row) * region.width + bounds.x + column;
      const byte = at * 3;
      rgb[byte] = rgb[byte]! + (Math.min(255, r) - rgb[byte]!) * opacity + 0.5;
      rgb[byte + 1] = rgb[byte + 1]! + (Math.min(255, g) - rgb[byte + 1]!) * opacity + 0.5;
      rgb[byte + 2] = rgb[byte + 2]! + (Math.min(255, b) - rgb[byte + 2]!) * opacity + 0.5;
      alpha[at] = alpha[at]! + (255 - alpha[at]!) * opacity;
    }
  }
}
