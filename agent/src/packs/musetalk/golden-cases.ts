/** Forms of the case files beside the golden vectors. */
import { z } from 'zod';
import type { Rect } from './picture.ts';

const rectSchema = z
  .tuple([z.int(), z.int(), z.int(), z.int()])
  .transform(([x0, y0, x1, y1]): Rect => ({ x0, y0, x1, y1 }));

export const boxCaseSchema = z.looseObject({
  name: z.string(),
  frameWidth: z.int(),
  frameHeight: z.int(),
  detectorBox: rectSchema,
  bboxShiftPx: z.int(),
  extraMarginPx: z.int(),
  landmarks: z.array(z.tuple([z.int(), z.int()])).length(68),
  box: rectSchema,
  usesDetectorBox: z.boolean(),
  square: rectSchema,
});

export const resizeCaseSchema = z.looseObject({
  name: z.string(),
  kind: z.enum(['lanczos4', 'bilinear']),
  input: z.string(),
  crop: rectSchema.optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  output: z.string(),
});

export const windowCaseSchema = z.looseObject({
  name: z.string(),
  samples: z.int(),
  fps: z.number(),
  features: z.int(),
  frames: z.int(),
  indices: z.array(z.array(z.int())),
});

export const compositeCaseSchema = z.looseObject({
  name: z.string(),
  frame: z.string(),
  face: z.string(),
  box: rectSchema,
  square: rectSchema,
  mask: z.string(),
  region: rectSchema,
  output: z.string(),
});
