/** Rendered people in the report: the true picture of a mouth shape beside what the product made of the closed mouth. */
import sharp from 'sharp';
import { i420ToRgb } from '../../agent/src/engine/png-writer.ts';
import type { ScoredPicture } from '../rendered-speakers/score-person.ts';
import { escapeHtml } from './html.ts';

const PICTURE_PX = 150;
const JPEG_QUALITY = 78;
/** Outer corners of the eyes, which no mouth shape moves, and the middles of the lips, in the mesh. */
const EYES = [33, 263] as const;
const LIPS = [13, 14] as const;
/** Width of the cut, in distances of the eyes. */
const CUT_RATIO = 1.2;

type Cut = { left: number; top: number; width: number; height: number };

/** HTML of all people, each a row of pairs. */
export async function renderedPicturesHtml(pictures: readonly ScoredPicture[]): Promise<string> {
  if (pictures.length === 0) return '';
  const rows = new Map<string, string[]>();
  for (const { score, truth, rendered } of pictures) {
    const sizePx = Math.round(Math.sqrt(truth.rgb.length / 3));
    const cut = aroundMouth(truth.landmarks, sizePx);
    const product = new Uint8Array(truth.rgb.length);
    i420ToRgb(rendered, sizePx, sizePx, product);
    const row = rows.get(score.person) ?? [];
    rows.set(score.person, row);
    row.push(
      `<figure class="pairing"><img src="${await jpeg(truth.rgb, sizePx, cut)}" alt="true ${escapeHtml(score.shape)}">` +
        `<img src="${await jpeg(product, sizePx, cut)}" alt="product's ${escapeHtml(score.shape)}">` +
        `<figcaption><b>${escapeHtml(score.shape)}</b> lips ${score.lipErrorPx.toFixed(2)} px</figcaption></figure>`,
    );
  }
  return `<h2>Rendered speakers</h2>
<p>Left of each pair the truth, right what the product makes of the same person's closed mouth with the same parameters.</p>
${[...rows].map(([person, row]) => `<div class="card"><h3>${escapeHtml(person)}</h3><div class="pairs">${row.join('')}</div></div>`).join('\n')}`;
}

async function jpeg(rgb: Uint8Array, sizePx: number, cut: Cut): Promise<string> {
  const bytes = await sharp(rgb, { raw: { width: sizePx, height: sizePx, channels: 3 } })
    .extract(cut)
    .resize(PICTURE_PX, PICTURE_PX)
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}

function aroundMouth(landmarks: Float32Array, sizePx: number): Cut {
  const at = (index: number, axis: 0 | 1): number => landmarks[3 * index + axis]!; // 468 landmarks
  const [left, right] = EYES;
  const [upper, lower] = LIPS;
  const width = Math.hypot(at(right, 0) - at(left, 0), at(right, 1) - at(left, 1));
  const side = Math.min(sizePx, Math.round(CUT_RATIO * width));
  const within = (middle: number): number =>
    Math.round(Math.min(sizePx - side, Math.max(0, middle - side / 2)));
  return {
    left: within((at(upper, 0) + at(lower, 0)) / 2),
    top: within((at(upper, 1) + at(lower, 1)) / 2),
    width: side,
    height: side,
  };
}
