import { expect, test } from 'vitest';
import { backdropLayout } from './backdrop-layout.ts';

test('a square picture in a wide stage is continued to the left and right', () => {
  const [left, right, picture] = backdropLayout(512, 512, 200, 100);
  expect(left?.to).toEqual([0, 0, 50, 100]);
  expect(right?.to).toEqual([150, 0, 50, 100]);
  expect(right?.from[0]).toBeCloseTo(512 * 0.98);
  expect(picture).toEqual({ from: [0, 0, 512, 512], to: [50, 0, 100, 100] });
});

test('in a tall stage it is continued upwards and downwards', () => {
  const [above, below, picture] = backdropLayout(512, 512, 100, 160);
  expect(above?.to).toEqual([0, 0, 100, 30]);
  expect(below?.to).toEqual([0, 130, 100, 30]);
  expect(picture?.to).toEqual([0, 30, 100, 100]);
});
