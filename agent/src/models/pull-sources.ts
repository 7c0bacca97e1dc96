/**
 * sources.yaml of a model pack: the published files that its export needs, where each comes from, and what it must be.
 * The checkpoints lie in the layout of the project that published them, so that files a user has already fit as they are.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import { AvatarError } from '../errors.ts';

/** Where files come from unless `--mirror` says otherwise; mirrors have the same paths below. */
export const DEFAULT_MIRROR = 'https://huggingface.co';

const pathInside = z
  .string()
  .min(1)
  .refine((path) => !/^[/\\]|^[A-Za-z]:/.test(path) && !path.split(/[/\\]/).includes('..'), {
    error: 'must stay inside the folder',
  });

const sourceFileSchema = z.strictObject({
  /** Place below the folder of checkpoints. */
  path: pathInside,
  /** Other places where a user's own copy may lie. */
  also: z.array(pathInside).default([]),
  /** Named part that is fetched only when asked for; absent: always needed. */
  part: z.string().min(1).optional(),
  repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  revision: z.string().regex(/^[\w.-]+$/),
  /** Path in the repository. */
  file: pathInside,
  /** null: not published, whatever the server says. */
  bytes: z.int().positive().nullable(),
  /** null: not published; trusted on first use and recorded (pull-record.ts). */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  licence: z.string().min(1),
});
/** One published file. */
export type SourceFile = z.infer<typeof sourceFileSchema>;

const packSourcesSchema = z.strictObject({
  name: z.string().min(1),
  version: z.string().min(1),
  title: z.string().min(1),
  /** What is said about the licence of the weights, and by whom. */
  statements: z.array(z.strictObject({ from: z.string().min(1), says: z.string().min(1) })).min(1),
  note: z.string().optional(),
  files: z.array(sourceFileSchema).min(1),
});
/** All of sources.yaml. */
export type PackSources = z.infer<typeof packSourcesSchema>;

/** Path of sources.yaml of the pack in `packDir`. */
export const sourcesPath = (packDir: string): string => join(packDir, 'sources.yaml');

/** Folder below the pack's own that `pull` fills unless `--to` names another. */
export const checkpointsPath = (packDir: string): string => join(packDir, 'checkpoints');

/**
 * Read `packDir`/sources.yaml; undefined when the pack has none (its files are in the repository).
 * @throws AvatarError MODEL_PACK_CORRUPT naming the key
 */
export async function readSources(packDir: string): Promise<PackSources | undefined> {
  const path = sourcesPath(packDir);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  const cure = `restore it with \`git checkout -- ${path}\``;
  let value: unknown;
  try {
    value = load(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AvatarError('MODEL_PACK_CORRUPT', `${path} is not YAML: ${reason}; ${cure}`, {
      cause,
    });
  }
  const parsed = packSourcesSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AvatarError(
    'MODEL_PACK_CORRUPT',
    `${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}; ${cure}`,
  );
}

/**
 * The files to have: the needed ones and those of `parts`.
 * @throws AvatarError REQUEST_INVALID for a part that the pack does not have
 */
export function selectFiles(sources: PackSources, parts: readonly string[]): SourceFile[] {
  const known = [...new Set(sources.files.flatMap(({ part }) => part ?? []))];
  const unknown = parts.find((part) => !known.includes(part));
  if (unknown !== undefined) {
    throw new AvatarError(
      'REQUEST_INVALID',
      `${sources.name} has no part "${unknown}"${known.length > 0 ? `; choose from ${known.join(', ')}` : ''}`,
    );
  }
  return sources.files.filter(({ part }) => part === undefined || parts.includes(part));
}

/**
 * A mirror's address without a trailing slash.
 * @throws AvatarError REQUEST_INVALID
 */
export function parseMirror(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '') {
    throw new AvatarError(
      'REQUEST_INVALID',
      `--mirror "${text}" is not an http(s) address; write e.g. ${DEFAULT_MIRROR}`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** Address of `file` below `mirror`. */
export function urlOf(file: SourceFile, mirror: string): string {
  const path = file.file.split('/').map(encodeURIComponent).join('/');
  return `${mirror}/${file.repo}/resolve/${file.revision}/${path}`;
}
