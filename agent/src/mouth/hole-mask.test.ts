import { describe, expect, it } from 'vitest';
import { HoleMask } from './hole-mask.ts';

const LIMIT = { width: 64, height: 64, marginPx: 4 };

function drawn(points: [number, number][]): HoleMask {
  const mask = new HoleMask();
  const loop = Uint16Array.from([...points.keys(), 0]);
  mask.draw(loop, Float32Array.from(points, (p) => p[0]), Float32Array.from(points, (p) => p[1]), LIMIT);
  return mask;
} // prettier-ignore

const at = (mask: HoleMask, x: number, y: number): number =>
  mask.coverage[(y - mask.bounds.y) * mask.bounds.width + x - mask.bounds.x]!;

describe('HoleMask', () => {
  it('covers a pixel by the part of it inside the polygon', () => {
    const mask = drawn([[10.25, 10.5], [20, 10.5], [20, 15], [10.25, 15]]); // prettier-ignore
    expect(at(mask, 12, 12)).toBeCloseTo(1, 5);
    expect(at(mask, 12, 10)).toBeCloseTo(0.5, 5);
    expect(at(mask, 10, 12)).toBeCloseTo(0.75, 5);
    expect(at(mask, 10, 10)).toBeCloseTo(0.375, 5);
    expect(at(mask, 21, 12)).toBe(0);
  });

  it('sums up to the exact area, whichever way round and however slanted the edges', () => {
    const points: [number, number][] = [[8.3, 20.1], [25.7, 11.4], [49.2, 19.8], [41.1, 33.3], [22.6, 36.9]]; // prettier-ignore
    let area = 0;
    points.forEach(([x, y], k) => {
      const [nx, ny] = points[(k + 1) % points.length]!;
      area += (x * ny - nx * y) / 2;
    });
    expect(drawn(points).areaPx).toBeCloseTo(Math.abs(area), 2);
    expect(drawn([...points].reverse()).areaPx).toBeCloseTo(Math.abs(area), 2);
  });

  it('stays fully covered inside and keeps its sum when blurred', () => {
    const mask = drawn([[10, 10], [40, 10], [40, 40], [10, 40]]); // prettier-ignore
    mask.blur(2);
    const middle = (25 - mask.bounds.y) * mask.bounds.width + 25 - mask.bounds.x;
    expect(mask.blurred[middle]).toBeCloseTo(1, 4);
    expect(mask.soft[middle]).toBeCloseTo(1, 5);
    const sum = (values: Float32Array): number => values.reduce((a, b) => a + b, 0);
    expect(sum(mask.soft)).toBeCloseTo(900, 2);
    expect(sum(mask.blurred)).toBeCloseTo(900, 1);
  });

  it('covers nothing for a polygon without area', () => {
    const mask = new HoleMask();
    const line = Float32Array.of(10, 20, 30);
    expect(mask.draw(Uint16Array.of(0, 1, 2, 0), line, Float32Array.of(12, 12, 12), LIMIT)).toBe(false);
  }); // prettier-ignore
});
