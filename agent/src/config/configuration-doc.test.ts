import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { avatarSchema, mouthSchema, musetalkSchema, serviceSchema } from './schema.ts';

const ROOT = join(import.meta.dirname, '../../..');
const document = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
const sample = readFileSync(join(ROOT, 'configs/realtime.yaml'), 'utf8');

type Property = {
  type?: string;
  default?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
};

const properties = (schema: z.ZodType): Record<string, Property> =>
  (z.toJSONSchema(schema, { io: 'input' }) as { properties: Record<string, Property> }).properties;

/** Rows of the table under a heading: key → its cells. */
function rows(heading: string): Map<string, string[]> {
  const section = document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const cells = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^`|`$/g, '')));
  return new Map(cells.map((row) => [row[1] ?? '', row.slice(2, -1)]));
}

const TYPES: Record<string, string> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'boolean',
  array: 'list',
};

function expectedRange({
  enum: choices,
  minimum,
  maximum,
  minLength,
  maxLength,
}: Property): string {
  if (choices) return choices.join(', ');
  if (minimum !== undefined && maximum !== undefined) return `${minimum} … ${maximum}`;
  if (maxLength === undefined) return '';
  return minLength ? `${minLength} … ${maxLength} characters` : `up to ${maxLength} characters`;
}

describe('docs/configuration.md', () => {
  it.each([
    ['Avatars', avatarSchema],
    ['Mouth', mouthSchema],
    ['Service', serviceSchema],
    ['MuseTalk', musetalkSchema],
  ] as const)(
    '%s: lists exactly the keys of the schema, with type, default and range',
    (heading, schema) => {
      const table = rows(heading);
      const expected = properties(schema);
      expect([...table.keys()]).toEqual(Object.keys(expected));
      for (const [key, property] of Object.entries(expected)) {
        const [type, shownDefault, range] = table.get(key) ?? [];
        const isChoice = property.enum !== undefined;
        expect([key, type]).toEqual([
          key,
          isChoice ? 'choice' : (TYPES[property.type ?? ''] ?? 'mapping'),
        ]);
        expect([key, range]).toEqual([key, expectedRange(property)]);
        if (property.default !== undefined) {
          const value = property.default;
          const text = typeof value === 'string' ? value : JSON.stringify(value);
          expect([key, shownDefault]).toEqual([key, text]);
        }
      }
    },
  );

  it('agrees with the ranges in the comments of configs/realtime.yaml', () => {
    for (const [key, property] of Object.entries(properties(serviceSchema))) {
      const comment = new RegExp(`((?:  #.*\\n)+)  ${key}:`).exec(sample)?.[1] ?? '';
      expect(comment, `${key} needs a comment`).not.toBe('');
      if (property.minimum === undefined || property.maximum === undefined) continue;
      const range = new RegExp(`(^|[^\\d-])${property.minimum} ?[–…] ?${property.maximum}(\\D|$)`);
      expect(comment, `range of ${key}`).toMatch(range);
    }
  });
});
