/** How far a rendered mouth opens while the product hears an utterance, and how that fits the true opening. */
import { readFile } from 'node:fs/promises';
import { parseWav, toPcm16 } from '../../agent/src/audio/wav-file.ts';
import { openAvatar } from '../../agent/src/engine/avatar-cabinet.ts';
import { renderOffline } from '../../agent/src/engine/offline-render.ts';
import type { SessionSettings } from '../../agent/src/engine/render-session.ts';
import { LiteRenderer } from '../../agent/src/mouth/lite-renderer.ts';
import type { RendererData } from '../../agent/src/mouth/renderer-data.ts';
import type { ModelPack } from '../../agent/src/pipeline/model-pack.ts';
import { asShown, avOffset } from '../av-offset.ts';
import type { TrueSpeech } from './face-set.ts';
import type { StillAvatar } from './score-person.ts';

/** The service's own defaults. */
const SESSION: SessionSettings = { silenceDbfs: -50, fadeMs: 120 };

export type OpeningScore = {
  /** Correlation of the rendered with the true opening, best offset and none. */
  readonly openingCorrelation: number;
  readonly openingCorrelationInPlace: number;
  /** Positive = the picture is late, ms. */
  readonly avOffsetMs: number;
  /** Mean rendered ÷ mean true opening. */
  readonly openingRatio: number;
};

/** Curves of one utterance, for a report: opening in px², 100 a second. */
export type OpeningCurves = {
  readonly name: string;
  readonly shown: Float64Array;
  readonly target: Float64Array;
};

/** Area between the rendered lips in every 40 ms frame of a WAV file, px². The lips are those the renderer fills. */
export async function renderedOpening(
  pack: ModelPack,
  data: RendererData,
  avatar: StillAvatar,
  wavPath: string,
): Promise<number[]> {
  const { samples } = parseWav(await readFile(wavPath), wavPath);
  const opened = await openAvatar({ id: 'rendered', ...avatar }, pack);
  const renderer = new LiteRenderer({ data, ...avatar });
  const openings: number[] = [];
  for await (const frame of renderOffline(opened, toPcm16(samples), SESSION)) {
    if (frame.failure !== undefined) throw frame.failure;
    const { speechRatio } = frame.header;
    const isSpeaking = frame.parameters !== undefined && speechRatio > 0;
    // The session has drawn this frame; the same call again tells the area.
    const patch = isSpeaking ? renderer.render(0, frame.parameters, speechRatio) : null;
    openings.push(patch === null ? 0 : renderer.holeAreaPx);
  }
  return openings;
}

const NO_SPEECH: OpeningScore = {
  openingCorrelation: NaN,
  openingCorrelationInPlace: NaN,
  avOffsetMs: NaN,
  openingRatio: NaN,
};

/** Score openings per 40 ms frame against the truth per 10 ms. */
export function scoreOpenings(
  spoken: readonly { readonly speech: TrueSpeech; readonly openings: readonly number[] }[],
): { score: OpeningScore; curves: OpeningCurves[] } {
  const curves = spoken.map(({ speech, openings }) => ({
    name: speech.name,
    shown: asShown(openings, speech.openingPx2.length),
    target: speech.openingPx2,
  }));
  if (curves.length === 0) return { score: NO_SPEECH, curves };
  const { peakMs, peakCorrelation, correlations } = avOffset(curves);
  const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
  const shown = curves.reduce((all, curve) => all + sum(curve.shown), 0);
  const target = curves.reduce((all, curve) => all + sum(curve.target), 0);
  return {
    score: {
      openingCorrelation: peakCorrelation,
      openingCorrelationInPlace: correlations[(correlations.length - 1) / 2]!,
      avOffsetMs: peakMs,
      openingRatio: shown / target,
    },
    curves,
  };
}
