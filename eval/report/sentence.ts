/** One utterance of the report: curves with phonemes under them, and the filmstrip, on one axis of time. */
import type { MouthCurves } from '../mouth-curves.ts';
import type { Segment } from '../references.ts';
import { escapeHtml, linePath } from './html.ts';
import { STRIP_STEP_MS, type FilmFrame } from './filmstrip.ts';

export type SentenceView = {
  readonly title: string;
  readonly text: string;
  readonly avatar: string;
  /** Shown part of the utterance, ms. */
  readonly durationMs: number;
  readonly segments: readonly Segment[];
  /** Per 40 ms frame, as shown. */
  readonly shown: MouthCurves;
  /** Per 10 ms. */
  readonly target: MouthCurves;
  readonly frames: readonly FilmFrame[];
};

/** Scale of the axis: pictures are large enough to judge a mouth. */
const PX_PER_MS = 1.4;
const PICTURE_PX = STRIP_STEP_MS * PX_PER_MS;
const FRAME_MS = 40;
const STEP_MS = 10;
/** Rows of the drawing, px: lip aperture, jaw, phonemes. */
const APERTURE = { top: 6, height: 104, full: 1.1 };
const JAW = { top: 118, height: 52, full: 0.9 };
const PHONEMES = { top: 176, height: 20 };
const HEIGHT = 214;
const LABEL_EVERY_MS = 500;

type Panel = typeof APERTURE;

/** HTML of one utterance. */
export function sentenceHtml(view: SentenceView): string {
  const { title, text, avatar, durationMs, frames } = view;
  const pictures = frames
    .filter(({ timeMs }) => timeMs < durationMs)
    .map(
      ({ timeMs, dataUri }) =>
        `<figure><img src="${dataUri}" width="${PICTURE_PX}" height="${PICTURE_PX}" alt="${timeMs} ms">` +
        `<figcaption><b>${escapeHtml(soundAt(view.segments, timeMs + STRIP_STEP_MS / 4))}</b> ${timeMs}</figcaption></figure>`,
    );
  return `<section class="sentence">
<h3>${escapeHtml(title)} <span class="quiet">spoken by ${escapeHtml(avatar)}</span></h3>
<p>${escapeHtml(text)}</p>
<div class="strip" tabindex="0" role="group" aria-label="Curves and pictures of ${escapeHtml(title)}">
${curvesSvg(view)}
<div class="film" style="width:${pictures.length * PICTURE_PX}px">${pictures.join('')}</div>
</div>
</section>`;
}

function curvesSvg({ durationMs, segments, shown, target }: SentenceView): string {
  const inside = segments.filter(({ startS }) => startS * 1000 < durationMs);
  const bands = inside
    .filter(({ name }) => name === 'PP')
    .map(
      ({ startS, endS }) =>
        `<rect class="closure" x="${axis(startS * 1000)}" y="0" width="${axis((endS - startS) * 1000)}" height="${PHONEMES.top}"/>`,
    );
  const ticks: string[] = [];
  for (let atMs = 0; atMs < durationMs; atMs += LABEL_EVERY_MS) {
    ticks.push(
      `<line class="grid" x1="${axis(atMs)}" x2="${axis(atMs)}" y1="0" y2="${PHONEMES.top}"/>` +
        `<text class="tick" x="${axis(atMs + 3)}" y="${HEIGHT - 4}">${(atMs / 1000).toFixed(1)} s</text>`,
    );
  }
  const panel = (place: Panel, name: string, curve: 'aperture' | 'jaw'): string =>
    `<line class="base" x1="0" x2="${axis(durationMs)}" y1="${place.top + place.height}" y2="${place.top + place.height}"/>` +
    `<path class="target" d="${linePath(steps(target[curve], STEP_MS, durationMs, place))}"/>` +
    `<path class="product" d="${linePath(held(shown[curve], durationMs, place))}"/>` +
    `<text class="name" x="4" y="${place.top + 11}">${name}</text>`;
  return `<svg width="${axis(durationMs)}" height="${HEIGHT}" viewBox="0 0 ${axis(durationMs)} ${HEIGHT}" role="img" aria-label="lip aperture and jaw, target and product">
${bands.join('')}${ticks.join('')}
${panel(APERTURE, 'lip aperture', 'aperture')}
${panel(JAW, 'jaw', 'jaw')}
${inside.map(phoneme).join('')}
</svg>`;
}

function phoneme({ name, startS, endS }: Segment): string {
  const x = startS * 1000 * PX_PER_MS;
  const width = (endS - startS) * 1000 * PX_PER_MS;
  const middle = PHONEMES.top + PHONEMES.height / 2;
  const label = width < 14 || name === 'sil' ? '' : escapeHtml(name);
  return (
    `<rect class="phoneme${name === 'PP' ? ' pp' : name === 'sil' ? ' sil' : ''}" x="${x.toFixed(1)}" y="${PHONEMES.top}" width="${width.toFixed(1)}" height="${PHONEMES.height}"/>` +
    `<text class="sound" x="${(x + width / 2).toFixed(1)}" y="${middle + 4}">${label}</text>`
  );
}

/** Points of a curve that is known at each step. */
function steps(
  values: Float64Array,
  stepMs: number,
  durationMs: number,
  panel: Panel,
): [number, number][] {
  const count = Math.min(values.length, Math.floor(durationMs / stepMs));
  return Array.from({ length: count }, (_, i) => [
    i * stepMs * PX_PER_MS,
    heightOf(values[i]!, panel),
  ]);
}

/** Points of a curve that stands still for each frame. */
function held(values: Float64Array, durationMs: number, panel: Panel): [number, number][] {
  const count = Math.min(values.length, Math.floor(durationMs / FRAME_MS));
  return Array.from({ length: count }, (_, i) => heightOf(values[i]!, panel)).flatMap(
    (y, i): [number, number][] => [
      [i * FRAME_MS * PX_PER_MS, y],
      [(i + 1) * FRAME_MS * PX_PER_MS, y],
    ],
  );
}

/** Place of a time on the axis, px. */
const axis = (timeMs: number): string => (timeMs * PX_PER_MS).toFixed(1);

const heightOf = (value: number, { top, height, full }: Panel): number =>
  top + height * (1 - Math.min(1, value / full));

function soundAt(segments: readonly Segment[], timeMs: number): string {
  const found = segments.find(
    ({ startS, endS }) => startS * 1000 <= timeMs && timeMs < endS * 1000,
  );
  return found === undefined || found.name === 'sil' ? '·' : found.name;
}
