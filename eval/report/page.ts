/** The report as one HTML page without outside resources. */
import type { AvOffset } from '../av-offset.ts';
import type { JudgedFigures, SpeechFigures } from '../figures.ts';
import { goalText, valueText } from '../goals.ts';
import { escapeHtml, htmlTable, linePath } from './html.ts';
import { PAGE_CSS } from './page.css.ts';
import { sentenceHtml, type SentenceView } from './sentence.ts';

/** HTML of the whole report; `renderedPictures` is the HTML of rendered-pictures.ts. */
export function reportPage(
  figures: JudgedFigures,
  sentences: readonly SentenceView[],
  renderedPictures: string,
): string {
  const { pack, packVersion, part, machine, seconds, notes, goals } = figures;
  const measured = goals.filter(({ isMet }) => isMet !== null);
  const met = measured.filter(({ isMet }) => isMet === true).length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation of ${escapeHtml(pack)} ${escapeHtml(packVersion)}</title>
<style>${PAGE_CSS}</style>
</head>
<body><main>
<h1>Evaluation of pack ${escapeHtml(pack)} ${escapeHtml(packVersion)}</h1>
<p class="quiet">${met} of ${measured.length} measured goals met · utterances: ${part} · ${escapeHtml(machine.cpu)}, Node ${machine.node}, load ${machine.loadBefore.toFixed(1)} · ${seconds.toFixed(0)} s</p>
<h2>Figures and goals</h2>
${goalTable(figures)}
${notes.map((note) => `<p class="quiet">${escapeHtml(note)}</p>`).join('\n')}
${speakerSection('Engine never trained on', figures.unseenEngine)}
${speakerSection('Real speech', figures.realSpeech)}
${offsetSection(figures)}
${latencySection(figures)}
${avatarSection(figures)}
${renderedPictures}
${sentenceSection(sentences)}
</main></body>
</html>
`;
}

function goalTable({ goals }: JudgedFigures): string {
  const verdicts = {
    true: '<span class="good">✓ met</span>',
    false: '<span class="bad">✗ missed</span>',
  };
  return htmlTable(
    ['figure', 'measured', 'goal', ''],
    goals.map((goal) => [
      escapeHtml(goal.label),
      valueText(goal),
      goalText(goal),
      goal.isMet === null ? '<span class="quiet">not measured</span>' : verdicts[`${goal.isMet}`],
    ]),
  );
}

function speakerSection(title: string, speech: SpeechFigures | null): string {
  if (speech === null) return '';
  const rows = Object.entries({ ...speech.speakers, 'mean of speakers': speech });
  const number = (value: number, digits: number): string => value.toFixed(digits).replace('-', '−');
  return `<h2>${title}</h2>
${htmlTable(
  [
    'speaker',
    'utterances',
    'class accuracy',
    'closures found (n)',
    'false closures',
    'of the target',
    'jaw correlation',
    'jaw s.d. ÷ target',
    'rounding corr.',
  ],
  rows.map(([speaker, scores]) => [
    escapeHtml(speaker),
    String(scores.utterances),
    number(scores.classAccuracy, 3),
    `${number(scores.closureRecall, 3)} (${scores.closures})`,
    number(scores.falseClosures, 3),
    number(scores.falseClosuresTarget, 3),
    number(scores.jawCorrelation, 3),
    number(scores.jawSdRatio, 2),
    number(scores.roundingCorrelation, 3),
  ]),
)}
<p class="quiet">Jitter of the lip aperture at 25 fps (mean second difference): ${number(speech.jitterRatio, 2)} × the target's.</p>`;
}

function offsetSection({ unseenEngine, realSpeech }: JudgedFigures): string {
  const plots = [
    ['engine never trained on', unseenEngine] as const,
    ['real speech', realSpeech] as const,
  ].flatMap(([name, speech]) => (speech === null ? [] : [offsetPlot(name, speech.avOffset)]));
  if (plots.length === 0) return '';
  return `<h2>Picture against sound</h2>
<p>Correlation of the lip aperture as shown with the target, moved against each other. The peak should lie at 0 ± 40 ms;
to the right the picture is late.</p>
<div class="pair">${plots.join('\n')}</div>`;
}

function offsetPlot(name: string, { peakMs, peakCorrelation, correlations }: AvOffset): string {
  const width = 420;
  const height = 150;
  const x = (i: number): number => (i / (correlations.length - 1)) * width;
  const y = (value: number): number => 10 + (height - 34) * (1 - (value + 0.3) / 1.3);
  const peakX = width / 2 + (peakMs / 800) * width;
  return `<div class="card"><svg width="100%" viewBox="0 0 ${width} ${height}" role="img" aria-label="correlation by offset, ${name}">
<line class="base" x1="0" x2="${width}" y1="${y(0)}" y2="${y(0)}"/><line class="zero" x1="${width / 2}" x2="${width / 2}" y1="0" y2="${height - 20}"/>
<path class="product" d="${linePath(correlations.map((value, i) => [x(i), y(value)]))}"/>
<circle cx="${peakX.toFixed(1)}" cy="${y(peakCorrelation).toFixed(1)}" r="4" fill="var(--product)"/>
<text x="2" y="${height - 5}">−400 ms</text><text x="${width / 2 - 14}" y="${height - 5}">0 ms</text><text x="${width - 46}" y="${height - 5}">400 ms</text>
</svg><p class="quiet">${name}: peak ${peakMs.toFixed(0).replace('-', '−')} ms, correlation ${peakCorrelation.toFixed(2)}</p></div>`;
}

function latencySection({ latency, cpuMsPerFrame: cpu }: JudgedFigures): string {
  const { totalMs, lookAheadMs, frameGridMs, measuredMs } = latency;
  const cpuText =
    cpu === null
      ? ''
      : `<p>CPU of one speaking ${cpu.width}×${cpu.height} frame on one thread (audio, network, mouth, I420): ${cpu.p50.toFixed(2)} ms p50,
${cpu.p99.toFixed(2)} ms p99 over ${cpu.speakingFrames} frames; each frame at its best round ${cpu.best.p50.toFixed(2)} and ${cpu.best.p99.toFixed(2)} ms.</p>`;
  return `<h2>Latency and cost</h2>
<p>Algorithmic latency ${totalMs} ms = ${lookAheadMs} ms look-ahead beyond the end of a frame (network, half an analysis window, steps averaged)
+ ${frameGridMs} ms of frame grid; ${measuredMs} ms when counted sample by sample through a stream.</p>
${cpuText}`;
}

function avatarSection({ avatars }: JudgedFigures): string {
  if (avatars === null) return '';
  return `<h2>What must stay still</h2>
${htmlTable(
  [
    'avatar',
    'error outside the mask',
    'mask, share of picture',
    'digital silence',
    'noise at −50 dB',
    'pauses',
    'noise, moving by itself',
  ],
  Object.entries(avatars).map(([id, scores]) => [
    escapeHtml(id),
    String(scores.outsideMaskMaxError),
    `${(100 * scores.maskRatio).toFixed(1)} %`,
    String(scores.quiet.digitalSilence),
    String(scores.quiet.roomNoise),
    String(scores.quiet.pauses),
    String(scores.quiet.besideIdleMotion),
  ]),
)}
<p class="quiet">Largest change of a byte of the picture against the avatar's own frame, 0–255; the last column compares noise with
digital silence while the avatar moves by itself.</p>`;
}

function sentenceSection(sentences: readonly SentenceView[]): string {
  if (sentences.length === 0) return '';
  return `<h2>Sentences</h2>
<ul class="legend"><li><i style="color:var(--target)"></i>target, from the phonemes</li><li><i style="color:var(--product)"></i>product, as shown at 25 fps</li>
<li><i class="block"></i>p b m: the lips must meet</li></ul>
${sentences.map(sentenceHtml).join('\n')}`;
}
