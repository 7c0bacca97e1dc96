/**
 * Power spectrum of a real signal whose length is even and factors into 2, 3, 4, 5 (Whisper's 400).
 * Mixed-radix Stockham autosort on half-length complex data, then the usual real split; float64 throughout,
 * so that log-mel matches a reference FFT to 1e-6. No allocation after construction.
 */

const RADICES = [5, 4, 3, 2];

const factorise = (length: number): number[] => {
  const factors: number[] = [];
  let rest = length;
  for (const radix of RADICES) {
    while (rest % radix === 0) {
      factors.push(radix);
      rest /= radix;
    }
  }
  if (rest !== 1) throw new RangeError(`FFT length must factor into 2, 3, 4, 5; got ${length}`);
  return factors;
};

export class RealFft {
  readonly #size: number;
  readonly #half: number;
  readonly #factors: readonly number[];
  /** cos and sin of 2πk/size for k < size: serves every stage and the real split. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  #re: Float64Array;
  #im: Float64Array;
  #nextRe: Float64Array;
  #nextIm: Float64Array;

  /** @param size samples per window, even. @throws RangeError for lengths with other prime factors */
  constructor(size: number) {
    if (size % 2 !== 0) throw new RangeError(`FFT size must be even, got ${size}`);
    this.#size = size;
    this.#half = size / 2;
    this.#factors = factorise(this.#half);
    this.#cos = Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.#sin = Float64Array.from({ length: size }, (_, k) => Math.sin((2 * Math.PI * k) / size));
    this.#re = new Float64Array(this.#half);
    this.#im = new Float64Array(this.#half);
    this.#nextRe = new Float64Array(this.#half);
    this.#nextIm = new Float64Array(this.#half);
  }

  /** |X[k]|² for k = 0 … size/2 of `input` (size values) into `power` (size/2 + 1 values). */
  power(input: Float64Array, power: Float64Array): void {
    const half = this.#half;
    for (let n = 0; n < half; n++) {
      this.#re[n] = input[2 * n]!;
      this.#im[n] = input[2 * n + 1]!;
    }
    this.#transform();
    const re = this.#re;
    const im = this.#im;
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k;
      const b = k === 0 ? 0 : half - k;
      const evenRe = (re[a]! + re[b]!) / 2;
      const evenIm = (im[a]! - im[b]!) / 2;
      const oddRe = (im[a]! + im[b]!) / 2;
      const oddIm = (re[b]! - re[a]!) / 2;
      const c = k === half ? -1 : this.#cos[k]!;
      const s = k === half ? 0 : this.#sin[k]!;
      const xRe = evenRe + c * oddRe + s * oddIm;
      const xIm = evenIm + c * oddIm - s * oddRe;
      power[k] = xRe * xRe + xIm * xIm;
    }
  }

  /** Complex FFT of length size/2 in place of #re/#im (buffers swap between stages). */
  #transform(): void {
    let length = this.#half;
    let stride = 1;
    for (const radix of this.#factors) {
      const m = length / radix;
      const rootStep = this.#size / length;
      const radixStep = this.#size / radix;
      for (let p = 0; p < m; p++) {
        for (let k = 0; k < radix; k++) {
          const twiddle = (p * k * rootStep) % this.#size;
          const wr = this.#cos[twiddle]!;
          const wi = -this.#sin[twiddle]!;
          for (let q = 0; q < stride; q++) {
            let sumRe = 0;
            let sumIm = 0;
            for (let j = 0; j < radix; j++) {
              const source = q + stride * (p + m * j);
              const root = (j * k * radixStep) % this.#size;
              const cr = this.#cos[root]!;
              const ci = -this.#sin[root]!;
              const xr = this.#re[source]!;
              const xi = this.#im[source]!;
              sumRe += xr * cr - xi * ci;
              sumIm += xr * ci + xi * cr;
            }
            const target = q + stride * (radix * p + k);
            this.#nextRe[target] = sumRe * wr - sumIm * wi;
            this.#nextIm[target] = sumRe * wi + sumIm * wr;
          }
        }
      }
      [this.#re, this.#nextRe] = [this.#nextRe, this.#re];
      [this.#im, this.#nextIm] = [this.#nextIm, this.#im];
      length = m;
      stride *= radix;
    }
  }
}
