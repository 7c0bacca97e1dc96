/** Where the backdrop takes its pixels from and where it puts them. Pure. */

/** x, y, width, height, as `drawImage` takes them. */
export type Rect = readonly [number, number, number, number];

/** Part of the picture's edge that is stretched outwards. */
const EDGE_RATIO = 0.02;

/**
 * Rectangles to draw for a picture of `width`×`height` that stands whole in the middle of a stage of
 * `stageWidth`×`stageHeight` (any units): the two edges stretched to the stage's borders, then the picture itself.
 */
export function backdropLayout(
  width: number,
  height: number,
  stageWidth: number,
  stageHeight: number,
): readonly { readonly from: Rect; readonly to: Rect }[] {
  const scale = Math.min(stageWidth / width, stageHeight / height);
  const [shownWidth, shownHeight] = [width * scale, height * scale];
  const [left, top] = [(stageWidth - shownWidth) / 2, (stageHeight - shownHeight) / 2];
  const edgeX = width * EDGE_RATIO;
  const edgeY = height * EDGE_RATIO;
  const sides: { from: Rect; to: Rect }[] =
    left >= top
      ? [
          { from: [0, 0, edgeX, height], to: [0, 0, left, stageHeight] },
          {
            from: [width - edgeX, 0, edgeX, height],
            to: [stageWidth - left, 0, left, stageHeight],
          },
        ]
      : [
          { from: [0, 0, width, edgeY], to: [0, 0, stageWidth, top] },
          {
            from: [0, height - edgeY, width, edgeY],
            to: [0, stageHeight - top, stageWidth, top],
          },
        ];
  return [...sides, { from: [0, 0, width, height], to: [left, top, shownWidth, shownHeight] }];
}
