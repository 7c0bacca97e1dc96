/** How bright teeth are: enamel is the same on everybody, so they follow the light of the scene, not the skin. */

/** How much the eyes count: they are glossy, teeth lie a little behind the lips. */
const EYES_PART = 0.8;
/** The eyes say at most this many times the light of the skin: reflections in glasses are no light on the face. */
const MOST_OF_SKIN = 2.6;

/** Light of the scene, 0–1, from what skin (0–1, as bright as it looks) and eyes (0 = unknown) show. */
export function sceneLight(skin: number, eyes: number): number {
  const beyondSkin = Math.min(eyes, MOST_OF_SKIN * skin) - skin;
  return Math.min(1, skin + EYES_PART * Math.max(0, beyondSkin));
}

/** Brightness of teeth in a scene of light 0–1, as a factor of their colour: off-white in daylight, dim in the dark. */
export function toothGain(light: number): number {
  return Math.max(0.3, Math.min(0.5 + 0.76 * light, 1.6 * light));
}

/** Brightness of gums, tongue and cavity, which skin and scene share. */
export function fleshGain(skin: number, light: number): number {
  return Math.min(1.1, Math.max(0.3, 0.3 + 0.425 * (skin + light)));
}
