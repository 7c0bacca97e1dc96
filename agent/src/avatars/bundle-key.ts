/** What a bundle was made from, as one hash: any change of source, parameter or pack gives another key. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { AvatarConfig } from '../config/schema.ts';
import { AvatarError } from '../errors.ts';
import type { PackFacts } from '../pipeline/model-pack.ts';
import { listPictures } from './avatar-source.ts';
import { BUNDLE_FORMAT, type BundleManifest } from './bundle-types.ts';

/** One input file or folder; sha256 is null when it is not there. */
export type InputDigest = { readonly path: string; readonly sha256: string | null };

/** All inputs of one avatar. */
export type AvatarInputs = {
  readonly video: InputDigest;
  readonly clips: Readonly<Record<string, InputDigest>>;
};

/** Everything besides the inputs that changes what preparation writes. */
export type BundleParameters = {
  readonly bboxShiftPx: number;
  readonly maxPx: number;
  readonly pack: Pick<PackFacts, 'name' | 'version'>;
};

/** Hash the source and the clips an avatar names. Missing files are no error here. @throws AvatarError SOURCE_UNREADABLE */
export async function digestInputs(config: AvatarConfig): Promise<AvatarInputs> {
  const clips: Record<string, InputDigest> = {};
  for (const [name, path] of Object.entries(config.audio_clips ?? {})) {
    clips[name] = { path, sha256: await whenThere(path, hashFile) };
  }
  return {
    video: {
      path: config.video_path,
      sha256: await whenThere(config.video_path, hashSource),
    },
    clips,
  };
}

/**
 * The key of a bundle made from these inputs.
 * @throws AvatarError SOURCE_MISSING naming the input that is not there
 */
export function bundleKey(inputs: AvatarInputs, parameters: BundleParameters): string {
  const clips = Object.entries(inputs.clips).sort(([one], [other]) => (one < other ? -1 : 1));
  const parts = [
    BUNDLE_FORMAT,
    requireDigest(inputs.video, 'video_path'),
    clips.map(([name, input]) => [name, requireDigest(input, `audio_clips.${name}`)]),
    parameters.bboxShiftPx,
    parameters.maxPx,
    parameters.pack.name,
    parameters.pack.version,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * Whether a prepared bundle still fits. Inputs that are gone count as unchanged when the bundle was made from the
 * same path, so that a bundle can be shipped without its source.
 */
export function isBundleCurrent(
  manifest: BundleManifest,
  inputs: AvatarInputs,
  parameters: BundleParameters,
): boolean {
  const known: AvatarInputs = {
    video: recall(inputs.video, manifest.inputs.video),
    clips: Object.fromEntries(
      Object.entries(inputs.clips).map(([name, input]) => [
        name,
        recall(input, manifest.inputs.clips[name]),
      ]),
    ),
  };
  const all = [known.video, ...Object.values(known.clips)];
  if (all.some(({ sha256 }) => sha256 === null)) return false;
  return bundleKey(known, parameters) === manifest.key;
}

/** sha256 of `bytes` as 64 hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function recall(
  input: InputDigest,
  recorded: { path: string; sha256: string } | undefined,
): InputDigest {
  return input.sha256 === null && recorded?.path === input.path ? recorded : input;
}

function requireDigest({ path, sha256: digest }: InputDigest, key: string): string {
  if (digest !== null) return digest;
  throw new AvatarError(
    'SOURCE_MISSING',
    `${path} does not exist; correct ${key}, or put the file there (paths are relative to ${process.cwd()})`,
  );
}

/** A file by its bytes, a folder by the names and bytes of its pictures. */
async function hashSource(path: string): Promise<string> {
  const pictures = await listPictures(path);
  if (pictures === null || (pictures.length === 1 && pictures[0] === path)) return hashFile(path);
  const hash = createHash('sha256');
  for (const picture of pictures) hash.update(`${basename(picture)}\n${await hashFile(picture)}\n`);
  return hash.digest('hex');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function whenThere(
  path: string,
  digest: (path: string) => Promise<string>,
): Promise<string | null> {
  try {
    return await digest(path);
  } catch (thrown) {
    if (thrown instanceof AvatarError) {
      if (thrown.code === 'SOURCE_MISSING') return null;
      throw thrown;
    }
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new AvatarError(
      'SOURCE_UNREADABLE',
      `${path} cannot be read (${code ?? message}); check that it is a file and its permissions`,
      { cause: thrown },
    );
  }
}
