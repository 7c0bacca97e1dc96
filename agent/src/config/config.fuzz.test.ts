import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, fuzzing } from '../../test/fuzz/fuzz.ts';
import { AvatarError } from '../errors.ts';
import { parseConfig } from './load.ts';

const shipped = readFileSync(
  new URL('../../../configs/realtime.yaml', import.meta.url),
  'utf8',
).replace(/^\s*#.*\n/gm, '');
/** Of this process's CPU: a busy machine is no fault of the reader. */
const LIMIT_MS = 2000;
const prototypeKeys = (): string => Reflect.ownKeys(Object.prototype).map(String).join();
const cleanPrototype = prototypeKeys();

/** A valid configuration, or CONFIG_INVALID with a place in the file, soon. */
function expectAnswer(text: string): void {
  const before = process.cpuUsage();
  try {
    const config = parseConfig(text, 'x.yaml');
    expect(config.avatars.size).toBeGreaterThan(0);
    expect(Object.isFrozen(config.service)).toBe(true);
  } catch (error) {
    expect(error).toBeInstanceOf(AvatarError);
    expect((error as AvatarError).code).toBe('CONFIG_INVALID');
    expect((error as AvatarError).message).toMatch(
      /x\.yaml(:\d+: | is empty| holds \d+ YAML| has \d+( or more)? problems)/,
    );
    expect((error as AvatarError).message.length).toBeLessThan(100_000);
  }
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(LIMIT_MS);
  expect(prototypeKeys()).toBe(cleanPrototype);
}

const NASTY = [
  ...['__proto__:', 'constructor: {prototype: {polluted: 1}}', '<<: *a', '&a', '*a', '!!binary x'],
  ...['? [a, b] : c', '---', '...', '\t', '\0', '\u2028', '\uFEFF', '|', '>', '{', '}', '[', ']'],
  ...[
    '"',
    "'",
    '%YAML 1.9',
    '!<!> x',
    '1e999',
    '.nan',
    '0x1F',
    '~',
    'service:',
    'é: 𝕏',
    '- -',
    ': :',
  ],
];
const lines = shipped.split('\n');
const change = fc.record({
  line: fc.nat(lines.length - 1),
  kind: fc.constantFrom('drop', 'repeat', 'insert', 'append', 'indent', 'replace'),
  text: fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 20 })),
});

it(
  'a configuration with damaged lines is read or refused with its line',
  () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const copy = [...lines];
        for (const { line, kind, text } of changes) {
          const old = copy[line] ?? '';
          if (kind === 'drop') copy.splice(line, 1);
          else if (kind === 'repeat') copy.splice(line, 0, old);
          else if (kind === 'insert') copy.splice(line, 0, text);
          else if (kind === 'append') copy[line] = `${old} ${text}`;
          else if (kind === 'indent') copy[line] = ` ${old}`;
          else copy[line] = old.replace(/:.*/, `: ${text}`);
        }
        expectAnswer(copy.join('\n'));
      }),
      fuzzing(1500),
    );
  },
  FUZZ_TIMEOUT_MS,
);

it(
  'a configuration with any value in any place is read or refused with its line',
  () => {
    const root = parse(shipped) as Record<string, Record<string, unknown>>;
    const paths = Object.entries(root).flatMap(([key, value]) =>
      Object.keys(value).map((inner) => [key, inner] as const),
    );
    const key = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'toString', 'service', 'video_path', ''),
      fc.string({ unit: 'binary', maxLength: 80 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        key,
        fc.jsonValue({ maxDepth: 4 }),
        fc.nat(3),
        (path, name, value, how) => {
          const copy = structuredClone(root);
          if (how === 0) copy[path[0]]![path[1]] = value;
          else if (how === 1)
            Object.defineProperty(copy[path[0]], name, { value, enumerable: true });
          else if (how === 2) Object.defineProperty(copy, name, { value, enumerable: true });
          else Object.defineProperty(copy, name, { value: copy[path[0]], enumerable: true });
          expectAnswer(stringify(copy));
        },
      ),
      fuzzing(1000),
    );
  },
  FUZZ_TIMEOUT_MS,
);

it(
  'any text is read or refused',
  () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 400 }),
          fc
            .array(fc.constantFrom(...NASTY, ' ', '\n', '\n  ', 'a', ': ', ', '), { maxLength: 40 })
            .map((parts) => parts.join('')),
        ),
        expectAnswer,
      ),
      fuzzing(3000),
    );
  },
  FUZZ_TIMEOUT_MS,
);

const level = (name: string, from: string): string =>
  `${name}: &${name} [${Array.from({ length: 9 }, () => from).join(', ')}]\n`;
it.each([
  [
    'references that multiply',
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
      .map((name, i) => level(name, i === 0 ? 'x' : `*${'abcdefghi'[i - 1]!}`))
      .join(''),
  ],
  [
    'references that multiply in a setting',
    `${'abcdefghi'
      .split('')
      .map((name, i) => level(name, i === 0 ? 'x' : `*${'abcdefghi'[i - 1]!}`))
      .join('')}service: {max_sessions: *i}\n`,
  ],
  ['a list that holds itself', 'a: &a [*a]'],
  ['a mapping that holds itself', 'a: &a {video_path: *a, <<: *a}'],
  ['a thousand references', `a: &a x\nb: [${'*a, '.repeat(1000)}]`],
  ['brackets without end', '['.repeat(100_000)],
  ['mappings without end', '{a: '.repeat(20_000)],
  ['lists in lists', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`],
  ['lists by dashes', '- '.repeat(50_000)],
  ['ten thousand unknown keys', Array.from({ length: 10_000 }, (_, i) => `key${i}: 1`).join('\n')],
  ['a key of a megabyte', `${'k'.repeat(1_000_000)}: {video_path: x}`],
  ['a value of ten megabytes', `a: {video_path: x, name: "${'n'.repeat(10_000_000)}"}`],
  ['spaces without end', `a:${' '.repeat(1_000_000)}\tb`],
  ['quotes without end', `a: "${'\\x'.repeat(100_000)}`],
])('%s: answered soon', (_what, text) => {
  expectAnswer(text);
});
