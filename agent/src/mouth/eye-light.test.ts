import { describe, expect, it } from 'vitest';
import { eyeLight } from './eye-light.ts';
import { avatarOf, faceLandmarks, paintFrames, rotation, SCALE } from './synthetic-face.fixture.ts';
import { fleshGain, sceneLight, toothGain } from './tooth-light.ts';

const face = faceLandmarks(rotation(0, 0, 0), SCALE, 128, 100);
const eyeY = face[159 * 3 + 1]! / 2 + face[145 * 3 + 1]! / 2;
const isWhite = (x: number, y: number): boolean => Math.abs(y - eyeY) < 12 && x % 8 >= 4;

/** Skin of one luma, and eyes that are half iris (40) and half white of another. */
function lightOf(skin: number, white: number): number {
  const avatar = avatarOf([face]);
  paintFrames(avatar, (x, y) => {
    if (Math.abs(y - eyeY) >= 12) return skin;
    return isWhite(x, y) ? white : 40;
  });
  return eyeLight(avatar.frames, avatar.track);
}

describe('eyeLight', () => {
  it('is the same for dark and light skin', () => {
    expect(lightOf(60, 180)).toBeCloseTo(lightOf(190, 180), 9);
    expect(lightOf(60, 180)).toBeCloseTo((180 - 16) / 219 / 0.8, 1);
  });

  it('falls with the light', () => {
    expect(lightOf(60, 90)).toBeLessThan(0.6 * lightOf(60, 180));
  });

  it('says nothing about a face without eyes', () => {
    const { frames, track } = avatarOf([new Float32Array(face.length)]);
    expect(eyeLight(frames, track)).toBe(0);
  });
});

describe('teeth', () => {
  it('are nearly as bright on dark skin as on light skin in the same light', () => {
    const [dark, light] = [sceneLight(0.36, 0.75), sceneLight(0.7, 0.75)];
    expect(toothGain(dark)).toBeGreaterThan(0.9 * toothGain(light));
  });

  it('do not glow in the dark, nor where glasses mirror a window', () => {
    expect(toothGain(sceneLight(0.1, 0.2))).toBe(0.3);
    expect(sceneLight(0.1, 1)).toBeLessThan(0.3);
  });

  it('follow the skin where the eyes cannot be read, and flesh stays as it was there', () => {
    expect(sceneLight(0.6, 0)).toBe(0.6);
    expect(fleshGain(0.6, 0.6)).toBeCloseTo(0.3 + 0.85 * 0.6, 9);
  });
});
