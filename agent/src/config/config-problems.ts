/** Turns schema issues into sentences that name line, key, value and cure. */
import type { z } from 'zod';
import { nearestWord } from './nearest-word.ts';

/** One thing wrong in the file. */
export type ConfigProblem = { readonly line: number; readonly message: string };

/** Where an issue's keys stand and which keys would have been right. */
export type ProblemContext = {
  /** Path of the checked mapping inside the file, e.g. ['avatar_1']. */
  readonly base: readonly string[];
  /** Keys the mapping may have. */
  readonly knownKeys: readonly string[];
  /** Keys of the mappings inside it, by their own key. */
  readonly nestedKeys?: Readonly<Record<string, readonly string[]>>;
  readonly lineOf: (path: readonly PropertyKey[]) => number;
};

type Issue = z.core.$ZodIssue;

/** The sentences for one issue (several unknown keys become several problems). */
export function describeIssue(issue: Issue, context: ProblemContext): ConfigProblem[] {
  const path = [...context.base, ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys') {
    const knownKeys = context.nestedKeys?.[String(issue.path[0])] ?? context.knownKeys;
    return issue.keys.map((key) => ({
      line: context.lineOf([...path, key]),
      message: unknownKey([...path, key].join('.'), key, knownKeys),
    }));
  }
  return [
    { line: context.lineOf(path), message: `${path.join('.')} ${describeValue(issue, path)}` },
  ];
}

function unknownKey(shown: string, key: string, knownKeys: readonly string[]): string {
  const near = nearestWord(key, knownKeys);
  const hint = near === undefined ? 'remove it' : `did you mean \`${near}\`?`;
  return `${shown} is not a known key; ${hint} (known: ${knownKeys.join(', ')})`;
}

function describeValue(issue: Issue, path: readonly string[]): string {
  const key = path.at(-1) ?? '';
  const value = showValue(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined)
        return `is missing; add \`${key}: ${example(issue.expected)}\``;
      return `is ${value}, must be ${typeName(issue.expected)}; write e.g. \`${key}: ${example(issue.expected)}\``;
    case 'invalid_value':
      return `is ${value}, must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'is empty; write a value or remove the line';
      return `is ${value}, must be at least ${String(issue.minimum)}; raise it`;
    case 'too_big':
      if (issue.origin === 'string') {
        return `is longer than ${String(issue.maximum)} characters; shorten it`;
      }
      return `is ${value}, must be at most ${String(issue.maximum)}; lower it`;
    case 'invalid_key':
      return 'is not a usable name; use letters, digits, `_`, `.` and `-`, at most 64';
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return `is ${value}: ${issue.message}`;
  }
}

function typeName(expected: string): string {
  if (expected === 'int') return 'a whole number';
  if (expected === 'number') return 'a number';
  if (expected === 'boolean') return 'true or false';
  if (expected === 'string') return 'text';
  return 'a mapping of keys to values';
}

function example(expected: string): string {
  if (expected === 'int' || expected === 'number') return '5';
  if (expected === 'boolean') return 'true';
  if (expected === 'string') return '"…"';
  return '{name: file.wav}';
}

/** A value as the file would show it, at most 60 characters. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
