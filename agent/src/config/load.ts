/**
 * Reads configs/realtime.yaml: MuseTalk's own form plus the reserved key `service`. All problems of a file are
 * reported together. Files that an avatar names are not looked at here: a missing video fails that avatar only.
 */
import { readFile } from 'node:fs/promises';
import { AvatarError } from '../errors.ts';
import { describeIssue, showValue, type ConfigProblem } from './config-problems.ts';
import { nearestWord } from './nearest-word.ts';
import {
  avatarIdSchema,
  avatarSchema,
  mouthSchema,
  RESERVED_KEY,
  serviceSchema,
  type AvatarConfig,
  type Config,
} from './schema.ts';
import { parseYamlSource, type YamlSource } from './yaml-source.ts';

/** Problems reported at once: a file of another kind has thousands. */
const MAX_PROBLEMS = 50;
/** Keys and values are quoted in messages, whatever their length. */
const MAX_MESSAGE_CHARS = 1000;
const AVATAR_EXAMPLE = '`avatar_1: {video_path: data/video/person1.mp4}`';
const SERVICE_KEYS = Object.keys(serviceSchema.shape);
const AVATAR_KEYS = Object.keys(avatarSchema.shape);
const NESTED_KEYS = { mouth: Object.keys(mouthSchema.shape) };

/**
 * Read and check one file. The result is deeply frozen.
 * @throws AvatarError CONFIG_INVALID naming file, line, key, value and cure of every problem.
 */
export async function loadConfig(path: string): Promise<Config> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AvatarError(
      'CONFIG_INVALID',
      isMissing
        ? `${path} does not exist; copy configs/realtime.yaml there, or set AVATAR_CONFIG to your file`
        : `${path} cannot be read: ${(cause as Error).message}`,
      { cause },
    );
  }
  return parseConfig(text, path);
}

/** Like loadConfig, from text; `path` is only for messages. */
export function parseConfig(text: string, path: string): Config {
  const source = parseYamlSource(text.replace(/^\uFEFF/, ''), path);
  const root = source.value;
  if (root === undefined || root === null) {
    throw new AvatarError(
      'CONFIG_INVALID',
      `${path} is empty; add at least one avatar, e.g. ${AVATAR_EXAMPLE}`,
    );
  }
  if (!isMapping(root)) {
    throw new AvatarError(
      'CONFIG_INVALID',
      `${path}:1: the file must be a mapping of avatar ids, got ${showValue(root)}; write e.g. ${AVATAR_EXAMPLE}`,
    );
  }
  const problems: ConfigProblem[] = source.duplicates.map(({ path: keys, line, firstLine }) => ({
    line,
    message:
      keys.length === 1
        ? `avatar \`${keys[0] ?? ''}\` is there twice (first on line ${firstLine}); rename or remove one`
        : `${keys.join('.')} is there twice (first on line ${firstLine}); remove one`,
  }));
  const serviceInput = root[RESERVED_KEY] ?? {};
  const service = serviceSchema.safeParse(serviceInput, { reportInput: true });
  if (!service.success) {
    const context = { base: [RESERVED_KEY], knownKeys: SERVICE_KEYS, lineOf: source.lineOf };
    problems.push(...service.error.issues.flatMap((issue) => describeIssue(issue, context)));
  }
  const avatars = readAvatars(root, source, problems);
  if (Object.keys(root).every((key) => key === RESERVED_KEY)) {
    problems.push({ line: 1, message: `there is no avatar; add one, e.g. ${AVATAR_EXAMPLE}` });
  }
  if (problems.length > 0 || !service.success) throw configError(path, problems);
  return deepFreeze({ service: service.data, avatars: new FrozenMap(avatars), path });
}

function readAvatars(
  root: Record<string, unknown>,
  source: YamlSource,
  problems: ConfigProblem[],
): [string, AvatarConfig][] {
  const avatars: [string, AvatarConfig][] = [];
  for (const [id, value] of Object.entries(root)) {
    if (id === RESERVED_KEY) continue;
    if (problems.length >= MAX_PROBLEMS) break;
    const line = source.lineOf([id]);
    if (!isMapping(value)) {
      problems.push({ line, message: describeNonAvatar(id, value) });
      continue;
    }
    if (!avatarIdSchema.safeParse(id).success) {
      problems.push({
        line,
        message: `\`${id}\` is not a usable avatar id; use letters, digits, \`_\` and \`-\`, at most 64`,
      });
    }
    const parsed = avatarSchema.safeParse(withYamlBooleans(value), { reportInput: true });
    if (parsed.success) {
      avatars.push([id, parsed.data]);
    } else {
      const context = {
        base: [id],
        knownKeys: AVATAR_KEYS,
        nestedKeys: NESTED_KEYS,
        lineOf: source.lineOf,
      };
      problems.push(...parsed.error.issues.flatMap((issue) => describeIssue(issue, context)));
    }
  }
  return avatars;
}

/** A top-level value that is not a mapping: a service setting in the wrong place, or an avatar without settings. */
function describeNonAvatar(id: string, value: unknown): string {
  const setting = nearestWord(id, SERVICE_KEYS);
  if (setting === id)
    return `${id} is a setting of the service; move it below \`${RESERVED_KEY}:\``;
  if (nearestWord(id, [RESERVED_KEY]) !== undefined && value !== null) {
    return `\`${id}\` is not a mapping; did you mean \`${RESERVED_KEY}:\`?`;
  }
  const shown = value === null ? 'has no settings' : `is ${showValue(value)}, must be a mapping`;
  return `avatar \`${id}\` ${shown}; write at least ${AVATAR_EXAMPLE.replace('avatar_1', id)}`;
}

/** MuseTalk reads YAML 1.1, where yes/no/on/off are booleans; here they arrive as text. */
function withYamlBooleans(avatar: Record<string, unknown>): Record<string, unknown> {
  const text = avatar['preparation'];
  if (typeof text !== 'string' || !/^(yes|no|on|off)$/i.test(text)) return avatar;
  return { ...avatar, preparation: /^(yes|on)$/i.test(text) };
}

function configError(path: string, problems: readonly ConfigProblem[]): AvatarError {
  const sorted = [...problems].sort((one, other) => one.line - other.line);
  const lines = sorted
    .slice(0, MAX_PROBLEMS)
    .map(({ line, message }) => `${path}:${line}: ${message.slice(0, MAX_MESSAGE_CHARS)}`);
  if (lines.length === 1) return new AvatarError('CONFIG_INVALID', lines[0] ?? path);
  return new AvatarError(
    'CONFIG_INVALID',
    `${path} has ${lines.length}${lines.length < MAX_PROBLEMS ? '' : ' or more'} problems:\n  ${lines.join('\n  ')}`,
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Object.freeze does not stop Map.set; this map refuses changes. */
class FrozenMap<K, V> extends Map<K, V> {
  constructor(entries: readonly (readonly [K, V])[]) {
    super();
    for (const [key, value] of entries) super.set(key, value);
  }
  override set(): never {
    throw new TypeError('the configuration is read-only');
  }
  override delete(): never {
    throw new TypeError('the configuration is read-only');
  }
  override clear(): never {
    throw new TypeError('the configuration is read-only');
  }
}

function deepFreeze<T extends object>(value: T): T {
  const children: unknown[] = value instanceof Map ? [...value.values()] : Object.values(value);
  for (const child of children) {
    if (typeof child === 'object' && child !== null && !Object.isFrozen(child)) deepFreeze(child);
  }
  return Object.freeze(value);
}
