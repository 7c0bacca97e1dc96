import { expect, test } from 'vitest';
import { gridShape } from './people-layout.ts';

test('one person has the whole window', () => {
  expect(gridShape(1)).toEqual({ landscape: 1, portrait: 1 });
});

test('two people sit side by side on a desktop and one above the other on a phone', () => {
  expect(gridShape(2)).toEqual({ landscape: 2, portrait: 1 });
});

/** Side of the square pictures in a window of this size. */
const side = (people: number, columns: number, width: number, height: number): number =>
  Math.min(width / columns, height / Math.ceil(people / columns));

test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
  'pictures of %i people are nearly as large as any grid would make them',
  (people) => {
    const { landscape, portrait } = gridShape(people);
    for (const [columns, width, height] of [
      [landscape, 1240, 620],
      [portrait, 370, 560],
    ] as const) {
      const best = Math.max(
        ...Array.from({ length: people }, (_, index) => side(people, index + 1, width, height)),
      );
      expect(side(people, columns, width, height)).toBeGreaterThan(0.66 * best);
    }
  },
);
