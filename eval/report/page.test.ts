import { describe, expect, it } from 'vitest';
import { GOALS, judge } from '../goals.ts';
import type { JudgedFigures, SpeechFigures } from '../figures.ts';
import { MouthCurves } from '../mouth-curves.ts';
import { reportPage } from './page.ts';
import type { SentenceView } from './sentence.ts';

const NAMES = [
  'jawOpen',
  'mouthClose',
  'mouthUpperUp',
  'mouthLowerDown',
  'mouthFunnel',
  'mouthPucker',
];
const curves = (count: number): MouthCurves =>
  new MouthCurves(new Float32Array(count * NAMES.length).fill(0.3), NAMES);

const scores = {
  classAccuracy: 0.6543,
  bilabialFramesFound: 0.7,
  closureRecall: 0.9,
  closureRecallTarget: 1,
  falseClosures: 0.1,
  falseClosuresTarget: 0.2,
  falseClosuresAboveTarget: -0.1,
  jawCorrelation: 0.8,
  jawSdRatio: 1.1,
  roundingCorrelation: 0.6,
  utterances: 3,
  closures: 20,
};
const unseenEngine: SpeechFigures = {
  ...scores,
  avOffsetMs: -12,
  avOffset: { peakMs: -12, peakCorrelation: 0.8, correlations: new Array<number>(81).fill(0.1) },
  jitterRatio: 2,
  folders: { festival: scores },
  speakers: { 'festival/<kal>': scores },
  notAligned: [],
};
const figures = {
  pack: 'lite',
  packVersion: '9.9.9',
  packMb: 3,
  part: 'test',
  machine: { cpu: 'a processor', node: 'v20', loadBefore: 0 },
  unseenEngine,
  realSpeech: null,
  algorithmicLatencyMs: 112.5,
  latency: { lookAheadMs: 72.5, frameGridMs: 40, totalMs: 112.5, measuredMs: 112.5 },
  renderedSpeakers: null,
  openAreaRatio: null,
  textureRatio: null,
  outsideMaskMaxError: null,
  silenceMaxChange: 3,
  avatars: null,
  cpuMsPerFrame: null,
  notes: ['real speech is not scored: 1 < 2'],
  seconds: 5,
} as const;
const judged: JudgedFigures = { ...figures, goals: judge(figures) };

const sentence: SentenceView = {
  title: 'festival: kal-01',
  text: 'Bob & "Pam" <pad>',
  avatar: 'ava',
  durationMs: 400,
  segments: [
    { name: 'PP', startS: 0, endS: 0.1 },
    { name: 'aa', startS: 0.1, endS: 0.3 },
    { name: 'sil', startS: 0.3, endS: 0.4 },
  ],
  shown: curves(10),
  target: curves(40),
  frames: [0, 80, 160, 240, 320, 400].map((timeMs) => ({
    timeMs,
    dataUri: 'data:image/jpeg;base64,AAAA',
  })),
};
const page = reportPage(judged, [sentence], '<p id="people">two people</p>');

describe('the report page', () => {
  it('shows every goal with its figure and whether it is met', () => {
    for (const { label } of GOALS) expect(page).toContain(label);
    expect(page).toContain('<td>0.654</td><td>≥ 0.75</td><td><span class="bad">✗ missed</span>');
    expect(page).toContain('<td>112.5 ms</td><td>≤ 130 ms</td><td><span class="good">✓ met</span>');
    expect(page).toContain('<td>−12 ms</td><td>−40 to 40 ms</td>');
    expect(page).toContain('not measured');
  });

  it('holds a filmstrip with time and sound, cut where the sentence ends', () => {
    expect(page.match(/<img /g)).toHaveLength(5);
    expect(page).toContain('<b>PP</b> 0</figcaption>');
    expect(page).toContain('<b>aa</b> 160</figcaption>');
    expect(page).toContain('<b>·</b> 320</figcaption>');
    expect(page).toContain('<p id="people">');
  });

  it('draws curves of target and product without a number that is none', () => {
    expect(page.match(/class="target"/g)).toHaveLength(2);
    expect(page.match(/class="closure"/g)).toHaveLength(1);
    expect(page).not.toContain('NaN');
    expect(page).not.toContain('undefined');
  });

  it('needs nothing from outside and escapes what it quotes', () => {
    expect(page).not.toMatch(/https?:|<script|<link|@import|url\(/);
    expect(page).toContain('Bob &amp; &quot;Pam&quot; &lt;pad&gt;');
    expect(page).toContain('festival/&lt;kal&gt;');
    expect(page).toContain('1 &lt; 2');
  });
});
