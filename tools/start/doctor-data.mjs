// @ts-check
// Doctor, second half: configuration, model packs and avatar bundles. YAML is read with the installed package, so
// these lines say less before the first `npm ci`.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { REPO_ROOT } from './paths.mjs';
import { reasonOf } from './user-error.mjs';

/** @typedef {import('./doctor.mjs').Finding} Finding */

/** Packs every installation has; others (MuseTalk) are fetched on wish and checked when their folder is there. */
const SHIPPED_PACKS = ['lite', 'face'];
const RESTORE = 'git checkout -- models';

/**
 * @param {import('./args.mjs').StartOptions} options
 * @returns {Promise<Finding[]>}
 */
export async function dataFindings({ configPath }) {
  const parse = await yamlParser();
  const packs = [...new Set([...SHIPPED_PACKS, ...packFolders()])];
  return [...packs.map((name) => pack(name, parse)), ...avatars(configPath, parse)];
}

/** @returns {Promise<((text: string) => unknown) | undefined>} undefined before `npm ci` */
async function yamlParser() {
  try {
    return (await import('yaml')).parse;
  } catch {
    return undefined;
  }
}

function packFolders() {
  const models = join(REPO_ROOT, 'models');
  if (!existsSync(models)) return [];
  return readdirSync(models).filter((name) => existsSync(join(models, name, 'pack.yaml')));
}

/**
 * @param {string} name
 * @param {((text: string) => unknown) | undefined} parse
 * @returns {Finding}
 */
function pack(name, parse) {
  const what = `Model pack ${name}`;
  const folder = join(REPO_ROOT, 'models', name);
  const manifest = join(folder, 'pack.yaml');
  if (!existsSync(manifest)) {
    return {
      what,
      state: 'bad',
      detail: `${relative(REPO_ROOT, manifest)} is missing`,
      cure: RESTORE,
    };
  }
  if (!parse)
    return {
      what,
      state: 'ok',
      detail: 'present (hashes are checked once npm packages are installed)',
    };
  try {
    const files = filesOf(parse(readFileSync(manifest, 'utf8')));
    const broken = files
      .map((file) => fileProblem(folder, file))
      .filter((problem) => problem !== undefined);
    if (broken.length === 0)
      return { what, state: 'ok', detail: `${files.length} files, sha256 verified` };
    return {
      what,
      state: 'bad',
      detail: broken.join('; '),
      cure: SHIPPED_PACKS.includes(name) ? RESTORE : 'fetch or export it again',
    };
  } catch (error) {
    return { what, state: 'bad', detail: `pack.yaml: ${reasonOf(error)}`, cure: RESTORE };
  }
}

/**
 * @param {unknown} manifest
 * @returns {{ path: string, sha256: string }[]}
 */
function filesOf(manifest) {
  const files = /** @type {{ files?: unknown } | undefined} */ (manifest)?.files;
  if (!Array.isArray(files) || files.length === 0) throw new Error('`files` is missing or empty');
  return files.map((file) => {
    if (typeof file?.path !== 'string' || typeof file?.sha256 !== 'string')
      throw new Error('a file lacks `path` or `sha256`');
    return file;
  });
}

/**
 * @param {string} folder
 * @param {{ path: string, sha256: string }} file
 */
function fileProblem(folder, { path, sha256 }) {
  const full = join(folder, path);
  if (!existsSync(full)) return `${path} is missing`;
  const actual = createHash('sha256').update(readFileSync(full)).digest('hex');
  return actual === sha256
    ? undefined
    : `${path} is damaged (sha256 ${actual.slice(0, 12)}…, expected ${sha256.slice(0, 12)}…)`;
}

/**
 * @param {string} configPath
 * @param {((text: string) => unknown) | undefined} parse
 * @returns {Finding[]}
 */
function avatars(configPath, parse) {
  const what = 'Avatars';
  const shown = relative(REPO_ROOT, configPath);
  if (!existsSync(configPath)) {
    return [
      {
        what,
        state: 'bad',
        detail: `${shown} does not exist`,
        cure: 'git checkout -- configs, or name yours with --config FILE',
      },
    ];
  }
  if (!parse) return [{ what, state: 'ok', detail: `${shown} is present` }];
  try {
    const config = /** @type {Record<string, unknown> | null} */ (
      parse(readFileSync(configPath, 'utf8'))
    );
    const ids = Object.keys(config ?? {}).filter((key) => key !== 'service');
    if (ids.length === 0)
      return [
        {
          what,
          state: 'bad',
          detail: `${shown} names no avatar`,
          cure: 'add one; README.md shows how',
        },
      ];
    const prepared = ids.filter((id) =>
      existsSync(join(REPO_ROOT, 'avatars', id, 'bundle', 'bundle.json')),
    );
    const rest = ids.filter((id) => !prepared.includes(id));
    return [
      {
        what,
        state: 'ok',
        detail: `${shown}: ${ids.length}; prepared in the repository: ${prepared.join(', ') || 'none'}`,
      },
      .../** @type {Finding[]} */ (
        rest.length > 0
          ? [
              {
                what,
                state: 'auto',
                detail: `${rest.join(', ')}: from the cache or prepared at start`,
                cure: 'videos need ffmpeg',
              },
            ]
          : []
      ),
    ];
  } catch (error) {
    return [
      { what, state: 'bad', detail: `${shown}: ${reasonOf(error)}`, cure: 'correct the file' },
    ];
  }
}
