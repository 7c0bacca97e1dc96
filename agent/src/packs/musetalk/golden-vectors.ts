/** Reads models/musetalk-v15/fixtures/golden (layout: the README beside it): what every stage must answer. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AvatarError } from '../../errors.ts';
import { fromHalves } from './float16.ts';

const tensorSchema = z.looseObject({
  file: z.string(),
  type: z.enum(['f32', 'f16', 'u8', 'i8', 'i16', 'i32']),
  shape: z.array(z.int()),
  /** Only every n-th row of the picture is kept. */
  rowStep: z.int().optional(),
  /** The file holds (value, length) pairs of a picture of this size. */
  runLengthsOf: z.array(z.int()).optional(),
});
const indexSchema = z.looseObject({
  madeWith: z.record(z.string(), z.string()),
  tensors: z.record(z.string(), tensorSchema),
});

/** A golden tensor: numbers in C order. Halves come as their values. */
export type GoldenTensor = {
  readonly data: Float32Array | Uint8Array | Int8Array | Int16Array | Int32Array;
  readonly shape: readonly number[];
  readonly rowStep: number;
  /** Everything else the index says. */
  readonly facts: Readonly<Record<string, unknown>>;
};

/** See the head of this file. */
export class GoldenVectors {
  readonly #folder: string;
  readonly #index: z.infer<typeof indexSchema>;

  private constructor(folder: string, index: z.infer<typeof indexSchema>) {
    this.#folder = folder;
    this.#index = index;
  }

  /** @throws AvatarError MODEL_PACK_MISSING | MODEL_PACK_CORRUPT */
  static async open(folder: string): Promise<GoldenVectors> {
    const path = join(folder, 'index.json');
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new AvatarError(
        'MODEL_PACK_MISSING',
        `${path} cannot be read; restore it with git checkout`,
        { cause },
      );
    });
    const index = indexSchema.safeParse(JSON.parse(text));
    if (index.success) return new GoldenVectors(folder, index.data);
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `${path} does not fit this version: ${index.error.message}; restore it with git checkout`,
    );
  }

  /** Versions of the libraries that made the vectors. */
  get madeWith(): Readonly<Record<string, string>> {
    return this.#index.madeWith;
  }

  has(name: string): boolean {
    return name in this.#index.tensors;
  }

  /** @throws AvatarError MODEL_PACK_CORRUPT when it is not listed or has another size */
  async tensor(name: string): Promise<GoldenTensor> {
    const entry = this.#index.tensors[name];
    if (!entry) {
      throw new AvatarError('MODEL_PACK_CORRUPT', `${this.#folder} has no tensor "${name}"`);
    }
    const bytes = new Uint8Array(await readFile(join(this.#folder, entry.file)));
    const data = decode(entry.type, bytes);
    const count = entry.shape.reduce((product, size) => product * size, 1);
    if (data.length !== count) {
      throw new AvatarError(
        'MODEL_PACK_CORRUPT',
        `${join(this.#folder, entry.file)} has ${data.length} values instead of ${count}`,
      );
    }
    const facts = { ...entry };
    if (!entry.runLengthsOf)
      return { data, shape: entry.shape, rowStep: entry.rowStep ?? 1, facts };
    return { data: unroll(data), shape: entry.runLengthsOf, rowStep: 1, facts };
  }

  /** The cases of NAME.json, checked. */
  async cases<T>(name: string, schema: z.ZodType<T>): Promise<T[]> {
    const path = join(this.#folder, `${name}.json`);
    return z.array(schema).parse(JSON.parse(await readFile(path, 'utf8')));
  }
}

function decode(
  type: z.infer<typeof tensorSchema>['type'],
  bytes: Uint8Array,
): GoldenTensor['data'] {
  const { buffer } = bytes;
  switch (type) {
    case 'f32':
      return new Float32Array(buffer);
    case 'f16': {
      const values = new Float32Array(bytes.length / 2);
      fromHalves(new Uint16Array(buffer), values);
      return values;
    }
    case 'u8':
      return bytes;
    case 'i8':
      return new Int8Array(buffer);
    case 'i16':
      return new Int16Array(buffer);
    case 'i32':
      return new Int32Array(buffer);
  }
}

/** (value, length) pairs → bytes. */
function unroll(pairs: ArrayLike<number>): Uint8Array {
  let length = 0;
  for (let i = 1; i < pairs.length; i += 2) length += pairs[i]!;
  const out = new Uint8Array(length);
  for (let i = 0, at = 0; i < pairs.length; i += 2) {
    const end = at + pairs[i + 1]!;
    out.fill(pairs[i]!, at, end);
    at = end;
  }
  return out;
}
