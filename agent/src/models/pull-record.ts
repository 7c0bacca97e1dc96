/**
 * sources.lock.yaml, beside the checkpoints: what was fetched, from where, and the hash it had. It also is the memory of
 * trust on first use: a file for which nobody published a hash has to stay what it was when it first came.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { z } from 'zod';
import { AvatarError } from '../errors.ts';

const recordedFileSchema = z.strictObject({
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Address, or the file it was taken from. */
  from: z.string(),
  /** ISO 8601. */
  recorded: z.string(),
  /** Whether a published hash vouches for it (false: trusted on first use). */
  published: z.boolean(),
});
/** One entry. */
export type RecordedFile = z.infer<typeof recordedFileSchema>;

const recordSchema = z.strictObject({
  /** When the user agreed to the licence statements, ISO 8601. */
  agreed: z.string().optional(),
  files: z.record(z.string(), recordedFileSchema).default({}),
});
type RecordContent = z.infer<typeof recordSchema>;

const HEADER =
  '# Written by `npm run models -- pull`. Remove an entry only to trust a file anew.\n';

/** The record of one folder of checkpoints. */
export class PullRecord {
  readonly path: string;
  #content: RecordContent;

  private constructor(path: string, content: RecordContent) {
    this.path = path;
    this.#content = content;
  }

  /** Open `dir`/sources.lock.yaml, empty when there is none. @throws AvatarError MODEL_PACK_CORRUPT */
  static async open(dir: string): Promise<PullRecord> {
    const path = join(dir, 'sources.lock.yaml');
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
        return new PullRecord(path, { files: {} });
      throw cause;
    }
    try {
      return new PullRecord(path, recordSchema.parse(load(text)));
    } catch (cause) {
      throw new AvatarError(
        'MODEL_PACK_CORRUPT',
        `${path} cannot be read; remove it to trust the files without a published hash anew`,
        { cause },
      );
    }
  }

  /** Entry of a file by its path below the folder. */
  get(path: string): RecordedFile | undefined {
    return this.#content.files[path];
  }

  /** Whether the licence statements were agreed to here before. */
  get isAgreed(): boolean {
    return this.#content.agreed !== undefined;
  }

  /** Remember that they were. */
  async agree(): Promise<void> {
    await this.#write({ ...this.#content, agreed: new Date().toISOString() });
  }

  /** Add or replace an entry. */
  async add(path: string, entry: Omit<RecordedFile, 'recorded'>): Promise<void> {
    const files = {
      ...this.#content.files,
      [path]: { ...entry, recorded: new Date().toISOString() },
    };
    await this.#write({ ...this.#content, files });
  }

  async #write(content: RecordContent): Promise<void> {
    this.#content = content;
    const partial = `${this.path}.new`;
    await writeFile(partial, HEADER + dump(content, { lineWidth: 120, sortKeys: true }));
    await rename(partial, this.path);
  }
}
