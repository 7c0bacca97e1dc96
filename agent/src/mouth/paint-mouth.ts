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
  /** Light on the face, 0–1. */
  readonly light: number;
  /** Lip colour, RGB 0–255, at lips[lipsAt]. */
  readonly lips: Float32Array;
  readonly lipsAt: number;
  /** The face's up direction in the frame (y down), unit. */
  readonly upX: number;
  readonly upY: number;
  /** How far the upper lip's shadow reaches, px. */
  readonly shadowPx: number;
  /** px per dm. */
  readonly depthScale: number;
};

/** Back of the mouth where nothing is drawn, RGB at full light. */
const CAVITY = [46, 17, 17] as const;

const smooth = (low: number, high: number, value: number): number => {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
};

/** Blend the drawn interior over the warped pixels of `target`. */
export function paintMouth(
  target: WarpTarget,
  hole: HoleMask,
  interior: MouthInterior,
  look: MouthLook,
): void {
  const { region, rgb, alpha } = target;
  const { bounds, coverage, blurred } = hole;
  const { width, height } = bounds;
  const gain = Math.min(1.1, Math.max(0.3, 0.3 + 0.85 * look.light));
  const shiftX = Math.round(look.upX * look.shadowPx);
  const shiftY = Math.round(look.upY * look.shadowPx);
  const lipR = look.lips[look.lipsAt]!;
  const lipG = look.lips[look.lipsAt + 1]!;
  const lipB = look.lips[look.lipsAt + 2]!;
  const { samples, strength } = look;
  const share = 1 / (samples * samples);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const k = row * width + column;
      const covered = coverage[k]!;
      if (covered === 0) continue;
      const depthOfHole = blurred[k]!;
      const opacity = covered * strength * smooth(0.06, 0.3, depthOfHole);
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
            r += CAVITY[0];
            g += CAVITY[1];
            b += CAVITY[2];
          }
        }
      }
      // Light that comes past the upper lip: what is covered a little further up.
      const upRow = row + shiftY;
      const upColumn = column + shiftX;
      const above =
        upRow < 0 || upRow >= height || upColumn < 0 || upColumn >= width
          ? 0
          : blurred[upRow * width + upColumn]!;
      const light = gain * (0.34 + 0.66 * smooth(0, 0.85, above)) * (0.45 + 0.55 * smooth(0.3, 0.95, depthOfHole));
      const inside = smooth(0.28, 0.8, depthOfHole);
      const scale = light * share;
      const wet = 0.4 * (1 - inside);
      r = r * scale * inside + lipR * wet;
      g = g * scale * inside + lipG * wet * 0.8;
      b = b * scale * inside + lipB * wet * 0.8;
      const at = (bounds.y + row) * region.width + bounds.x + column;
      const byte = at * 3;
      rgb[byte] = rgb[byte]! + (Math.min(255, r) - rgb[byte]!) * opacity + 0.5;
      rgb[byte + 1] = rgb[byte + 1]! + (Math.min(255, g) - rgb[byte + 1]!) * opacity + 0.5;
      rgb[byte + 2] = rgb[byte + 2]! + (Math.min(255, b) - rgb[byte + 2]!) * opacity + 0.5;
      alpha[at] = alpha[at]! + (255 - alpha[at]!) * opacity;
    }
  }
}
