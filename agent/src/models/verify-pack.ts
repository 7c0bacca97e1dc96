/**
 * Checks a model pack on disk against its pack.yaml before anything is loaded from it: every listed file there, of the
 * stated size and sha256. Whether an ONNX file is one is checked where it is loaded (inference-session.ts).
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { load } from 'js-yaml';
import { z } from 'zod';
import { AvatarError } from '../errors.ts';

/** pack.yaml. Keys beyond these describe where files came from and are left alone. */
export const packManifestSchema = z.looseObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
  version: z.string().min(1),
  licence: z.string().min(1),
  /** musetalk-v15: which decoder paints; default `vae`. */
  decoder: z.enum(['vae', 'taesd']).optional(),
  files: z
    .array(
      z.looseObject({
        /** Relative to the pack's folder, inside it. */
        path: z
          .string()
          .min(1)
          .refine((path) => !path.startsWith('/') && !path.split(/[/\\]/).includes('..'), {
            error: 'must stay inside the pack',
          }),
        bytes: z.int().positive(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
});
export type PackManifest = z.infer<typeof packManifestSchema>;

/** A pack whose files are all right. */
export type VerifiedPack = {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Which decoder the manifest chooses, where a pack has several. */
  readonly decoder: PackManifest['decoder'];
  /** Size of all files. */
  readonly bytes: number;
  /** Path of a file of the pack. @throws AvatarError MODEL_PACK_CORRUPT when pack.yaml does not list it */
  readonly path: (name: string) => string;
  /** Whether pack.yaml lists a file. */
  readonly has: (name: string) => boolean;
  /** sha256 of a file of the pack, hex; empty when pack.yaml does not list it. */
  readonly sha256: (name: string) => string;
};

/**
 * Verify the pack in `packDir`.
 * @throws AvatarError MODEL_PACK_MISSING | MODEL_PACK_CORRUPT naming the file and the cure
 */
export async function verifyPack(packDir: string): Promise<VerifiedPack> {
  const manifest = await readManifest(packDir);
  for (const file of manifest.files) await verifyFile(packDir, file);
  const listed = new Set(manifest.files.map(({ path }) => path));
  return {
    name: manifest.name,
    version: manifest.version,
    licence: manifest.licence,
    decoder: manifest.decoder,
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    has: (name) => listed.has(name),
    sha256: (name) => manifest.files.find(({ path }) => path === name)?.sha256 ?? '',
    path: (name) => {
      if (listed.has(name)) return join(packDir, name);
      throw new AvatarError(
        'MODEL_PACK_CORRUPT',
        `${manifestPathOf(packDir)} does not list ${name}, which this version needs; ${cureOf(packDir)}`,
      );
    },
  };
}

async function readManifest(packDir: string): Promise<PackManifest> {
  const path = manifestPathOf(packDir);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new AvatarError(
      'MODEL_PACK_MISSING',
      `${path} cannot be read (${reasonOf(cause)}); set AVATAR_MODELS_DIR to the folder of the packs, or ${cureOf(packDir)}`,
      { cause },
    );
  }
  let value: unknown;
  try {
    value = load(text);
  } catch (cause) {
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `${path} is not YAML: ${reasonOf(cause)}; ${cureOf(packDir)}`,
      { cause },
    );
  }
  const parsed = packManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AvatarError(
    'MODEL_PACK_CORRUPT',
    `${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}; ${cureOf(packDir)}`,
  );
}

async function verifyFile(packDir: string, file: PackManifest['files'][number]): Promise<void> {
  const path = join(packDir, file.path);
  const found = await stat(path).catch(() => undefined); // not there, or not to be read: the same cure
  if (found?.isFile() !== true) {
    throw new AvatarError('MODEL_PACK_MISSING', `${path} is missing; ${cureOf(packDir)}`);
  }
  if (found.size !== file.bytes) {
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `${path} has ${found.size} bytes instead of ${file.bytes}; ${cureOf(packDir)}`,
    );
  }
  const sha256 = await sha256Of(path);
  if (sha256 !== file.sha256) {
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `${path} has the sha256 ${sha256} instead of ${file.sha256}; ${cureOf(packDir)}`,
    );
  }
}

/** sha256 of a file, hex, without reading it into memory at once. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

const manifestPathOf = (packDir: string): string => join(packDir, 'pack.yaml');
/** Packs with a sources.yaml are made on the user's machine; the others are in the repository. */
const cureOf = (packDir: string): string =>
  existsSync(join(packDir, 'sources.yaml'))
    ? `make it anew with \`npm run models -- export ${basename(packDir)}\` (docs/model-packs.md)`
    : `restore it with \`git checkout -- ${packDir}\``;
const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
