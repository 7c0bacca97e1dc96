/**
 * The audio network was trained on speech whose peak is about 0.5. This tracks the input's peak (instant attack, slow
 * release) and gives the gain that brings it there, so that a quiet microphone moves the mouth as a loud one does.
 * The gain is applied to log-mel frames as an offset, which leaves the audio itself untouched.
 */

const TARGET_PEAK = 0.5;
/** Peak assumed before anything was heard. */
const INITIAL_PEAK = 0.25;
/** Never amplify more than 25 ×: below this there is only noise. */
const SMALLEST_PEAK = 0.02;
/** Release: the peak halves in about 14 s of silence. */
const RELEASE_PER_SAMPLE = Math.exp(-1 / (20 * 16_000));

export class LevelNormaliser {
  #peak = INITIAL_PEAK;
  #heard = false;

  /** Follow 16 kHz samples (−1…1). */
  follow(samples: Float32Array): void {
    for (const sample of samples) {
      const level = Math.abs(sample);
      this.#peak *= RELEASE_PER_SAMPLE;
      if (level > this.#peak || (!this.#heard && level > SMALLEST_PEAK)) {
        this.#peak = level;
        this.#heard = true;
      }
    }
  }

  /** log10 of the energy gain to add to log-mel values. */
  get log10EnergyGain(): number {
    return 2 * Math.log10(TARGET_PEAK / Math.max(this.#peak, SMALLEST_PEAK));
  }
}
