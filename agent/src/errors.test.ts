import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AvatarError, ERRORS, toAvatarError } from './errors.ts';

describe('error table', () => {
  it('is what docs/errors.md says', () => {
    const rows = Object.entries(ERRORS).map(
      ([code, { status, retryable, meaning }]) =>
        `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
    );
    const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const documented = text.split('\n').filter((line) => line.startsWith('| `'));
    expect(documented).toEqual(rows);
  });

  it('keeps the code of an AvatarError and calls anything else INTERNAL', () => {
    const known = new AvatarError('FACE_NOT_FOUND', 'ava: no face');
    expect(toAvatarError(known)).toBe(known);
    const unknown = toAvatarError(new TypeError('x is undefined'));
    expect(unknown.code).toBe('INTERNAL');
    expect(unknown.status).toBe(500);
    expect(toAvatarError('text').message).toBe('text');
  });

  it('knows an AvatarError of another copy of this module, as bundles of the page make them', async () => {
    // A query makes the loader run the module again.
    const copy = './errors.ts?copy';
    const other = (await import(/* @vite-ignore */ copy)) as { AvatarError: typeof AvatarError };
    expect(other.AvatarError).not.toBe(AvatarError);
    const foreign = new other.AvatarError('ROOM_FULL', 'full');
    expect(toAvatarError(foreign).code).toBe('ROOM_FULL');
  });
});
