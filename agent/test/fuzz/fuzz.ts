/**
 * How fuzz tests run. In `npm test`: a fixed seed, so that every run tries the same inputs, and a second or two each.
 * `FUZZ_S=60 npx vitest run fuzz` gives each property that many seconds and new inputs; a failure prints its seed, and
 * `FUZZ_SEED=…` repeats it.
 */
import fc from 'fast-check';

const FIXED_SEED = 20_261_121;
/** Time of one property in `npm test` on a busy machine, ms; most need far less for their runs. */
const SHORT_MS = 1500;

const seconds = Number(process.env['FUZZ_S'] ?? 0);
/** Seed of the inputs that fuzz tests make without fast-check. */
export const fuzzSeed = Number(
  process.env['FUZZ_SEED'] ?? (seconds > 0 ? Date.now() % 2 ** 31 : FIXED_SEED),
);
/** Time for a test of one property, ms. */
export const FUZZ_TIMEOUT_MS = seconds * 1000 + 60_000;

/** Parameters for fc.assert: `runs` inputs but at most `shortMs`, or FUZZ_S seconds. */
export function fuzzing<T>(runs: number, shortMs = SHORT_MS): fc.Parameters<T> {
  process.stdout.write(`fuzz seed ${fuzzSeed}\n`);
  const limitMs = seconds > 0 ? seconds * 1000 : shortMs;
  return {
    seed: fuzzSeed,
    numRuns: seconds > 0 ? Number.MAX_SAFE_INTEGER : runs,
    // The library's own type loses T.
    plugins: [fc.interruptAfterTimeLimit(limitMs) as fc.Plugin<T>],
  };
}

/** One way to damage bytes. */
export type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'write'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'drop'; readonly at: number; readonly count: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly count: number };

/** Values that break length arithmetic, little and big endian. */
const EDGES = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const edgeBytes = fc.constantFrom(
  ...EDGES.flatMap((value) => {
    const bytes = [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
    return [bytes, [...bytes].reverse(), bytes.slice(2)];
  }),
);

/** One to six damages; half of them in the first `headBytes`, where headers are. */
export function damages(length: number, headBytes = 64): fc.Arbitrary<Damage[]> {
  const at = fc.oneof(fc.nat(Math.min(headBytes, length) - 1), fc.nat(length - 1));
  const damage: fc.Arbitrary<Damage> = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('write' as const), at, bytes: edgeBytes }),
    fc.record({
      kind: fc.constant('write' as const),
      at,
      bytes: fc.array(fc.nat(255), { minLength: 1, maxLength: 16 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), at }),
    fc.record({ kind: fc.constant('drop' as const), at, count: fc.integer({ min: 1, max: 64 }) }),
    fc.record({ kind: fc.constant('repeat' as const), at, count: fc.integer({ min: 1, max: 64 }) }),
  );
  return fc.array(damage, { minLength: 1, maxLength: 6 });
}

/** A damaged copy. */
export function damaged(original: Uint8Array, list: readonly Damage[]): Buffer {
  let bytes = Buffer.from(original);
  for (const damage of list) {
    if (bytes.length === 0) break;
    const at = damage.at % bytes.length;
    switch (damage.kind) {
      case 'flip':
        bytes[at] = bytes[at]! ^ (1 << damage.bit);
        break;
      case 'write':
        bytes.set(damage.bytes.slice(0, bytes.length - at), at);
        break;
      case 'cut':
        bytes = bytes.subarray(0, at);
        break;
      case 'drop':
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + damage.count)]);
        break;
      case 'repeat':
        bytes = Buffer.concat([bytes.subarray(0, at + damage.count), bytes.subarray(at)]);
        break;
    }
  }
  return bytes;
}
