/**
 * From the audio network's outputs to the 12 mouth parameters of one video frame.
 *
 * The regression head under-articulates real speech but follows the jaw best; the class posteriors articulate lips and
 * tongue fully but make the jaw jump: decode both and blend, the jaw mostly from the regression, with a gain.
 * Posterior decode is Cohen–Massaro dominance blending: Σ p·d·t / Σ p·d over classes and the frame's network steps.
 * The bilabial gate closes the lips by the probability of p/b/m, which averaging would smear.
 */
import { z } from 'zod';

/** models/lite/mouth.json */
export const mouthTableSchema = z.object({
  classes: z.array(z.string()).length(24),
  parameters: z.array(z.string()).length(12),
  targets: z.array(z.array(z.number()).length(12)).length(24),
  dominances: z.array(z.array(z.number()).length(12)).length(24),
  priorMean: z.array(z.number()).length(80),
});
export type MouthTable = z.infer<typeof mouthTableSchema>;

const CLASS_COUNT = 24;
const PARAMETER_COUNT = 12;
/** Share of the posterior decode per parameter, the rest is the regression head; what jumps from frame to frame gets less. */
const POSTERIOR_SHARES: Readonly<Record<string, number>> = {
  jawOpen: 0.1,
  mouthClose: 0.2,
  mouthUpperUp: 0.4,
  mouthLowerDown: 0.4,
};
const OTHER_POSTERIOR_SHARE = 0.5;
/** Steps before a frame's own that are averaged with them: calmer lips for no look-ahead. The gate does not wait for them. */
export const LEAD_IN_STEPS = 2;
/** The gate starts at p = 0.03 and is shut at p = 0.34. */
const GATE_GAIN = 3.2;
const GATE_OFFSET = 0.1;
const JAW_GAIN = 1.2;
const PRESS_WHEN_SHUT = 0.35;

export class MouthDecoder {
  readonly #table: MouthTable;
  readonly #bilabial: number;
  readonly #index: Readonly<
    Record<'jaw' | 'close' | 'funnel' | 'upperUp' | 'lowerDown' | 'press', number>
  >;
  readonly #posteriorShares: readonly number[];
  readonly #posterior = new Float64Array(CLASS_COUNT);
  readonly #middlePosterior = new Float64Array(CLASS_COUNT);
  readonly #numerator = new Float64Array(PARAMETER_COUNT);
  readonly #denominator = new Float64Array(PARAMETER_COUNT);
  readonly #regression = new Float64Array(PARAMETER_COUNT);

  constructor(table: MouthTable) {
    this.#table = table;
    this.#bilabial = table.classes.indexOf('PP');
    this.#posteriorShares = table.parameters.map(
      (name) => POSTERIOR_SHARES[name] ?? OTHER_POSTERIOR_SHARE,
    );
    const at = (name: string): number => table.parameters.indexOf(name);
    this.#index = {
      jaw: at('jawOpen'),
      close: at('mouthClose'),
      funnel: at('mouthFunnel'),
      upperUp: at('mouthUpperUp'),
      lowerDown: at('mouthLowerDown'),
      press: at('mouthPress'),
    };
  }

  /** Class probabilities at the middle step of the latest decode, 24, reused by the next; for evaluation. */
  get middlePosterior(): Readonly<Float64Array> {
    return this.#middlePosterior;
  }

  /**
   * Decode a frame of network steps `firstStep` … `firstStep + stepCount − 1`; LEAD_IN_STEPS before them are read too.
   * @param regression 12 × steps, row-major by parameter (network output `params`)
   * @param logits 24 × steps, row-major by class
   * @param steps steps per row
   * @param into 12 parameters, 0–1
   */
  decode(
    {
      regression,
      logits,
      steps,
    }: { regression: Float32Array; logits: Float32Array; steps: number },
    firstStep: number,
    stepCount: number,
    into: Float32Array,
  ): void {
    const { targets, dominances } = this.#table;
    this.#numerator.fill(0);
    this.#denominator.fill(0);
    this.#regression.fill(0);
    let bilabial = 0;
    const averaged = stepCount + LEAD_IN_STEPS;
    for (let step = firstStep - LEAD_IN_STEPS; step < firstStep + stepCount; step++) {
      this.#softmax(logits, steps, step);
      if (step === firstStep + (stepCount >> 1)) this.#middlePosterior.set(this.#posterior);
      if (step >= firstStep) bilabial += this.#posterior[this.#bilabial]! / stepCount;
      for (let parameter = 0; parameter < PARAMETER_COUNT; parameter++) {
        this.#regression[parameter]! += regression[parameter * steps + step]! / averaged;
        for (let c = 0; c < CLASS_COUNT; c++) {
          const weight = this.#posterior[c]! * dominances[c]![parameter]!;
          this.#numerator[parameter]! += weight * targets[c]![parameter]!;
          this.#denominator[parameter]! += weight;
        }
      }
    }
    for (let parameter = 0; parameter < PARAMETER_COUNT; parameter++) {
      const decoded = this.#numerator[parameter]! / Math.max(this.#denominator[parameter]!, 1e-6);
      const share = this.#posteriorShares[parameter]!;
      into[parameter] = share * decoded + (1 - share) * this.#regression[parameter]!;
    }
    this.#gate(bilabial, into);
  }

  #gate(bilabial: number, into: Float32Array): void {
    const { jaw, close, funnel, upperUp, lowerDown, press } = this.#index;
    const open = 1 - Math.min(1, Math.max(0, bilabial * GATE_GAIN - GATE_OFFSET));
    into[jaw]! *= JAW_GAIN;
    into[close] = Math.max(into[close]!, into[jaw]! * (1 - open));
    into[upperUp]! *= open;
    into[lowerDown]! *= open;
    into[funnel]! *= open;
    into[press] = Math.max(into[press]!, PRESS_WHEN_SHUT * (1 - open));
    for (let i = 0; i < PARAMETER_COUNT; i++) into[i] = Math.min(1, Math.max(0, into[i]!));
  }

  #softmax(logits: Float32Array, steps: number, step: number): void {
    let top = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < CLASS_COUNT; c++) top = Math.max(top, logits[c * steps + step]!);
    let sum = 0;
    for (let c = 0; c < CLASS_COUNT; c++) {
      const value = Math.exp(logits[c * steps + step]! - top);
      this.#posterior[c] = value;
      sum += value;
    }
    for (let c = 0; c < CLASS_COUNT; c++) this.#posterior[c]! /= sum;
  }
}
