/** The figures that matter, their goals, and whether they are met. */

/** A figure and where it must lie. */
export type Goal = {
  /** Path in the JSON, e.g. realSpeech.jawCorrelation. */
  readonly figure: string;
  readonly label: string;
  readonly min?: number;
  readonly max?: number;
  readonly digits: number;
  readonly unit?: string;
};

export type GoalResult = Goal & {
  /** Null when it was not measured. */
  readonly value: number | null;
  readonly isMet: boolean | null;
};

export const GOALS: readonly Goal[] = [
  {
    figure: 'unseenEngine.classAccuracy',
    label: 'unseen engine: class accuracy',
    min: 0.75,
    digits: 3,
  },
  {
    figure: 'unseenEngine.closureRecall',
    label: 'unseen engine: closure recall',
    min: 0.95,
    digits: 3,
  },
  { figure: 'realSpeech.classAccuracy', label: 'real speech: class accuracy', min: 0.6, digits: 3 },
  {
    figure: 'realSpeech.closureRecall',
    label: 'real speech: closure recall',
    min: 0.95,
    digits: 3,
  },
  {
    figure: 'realSpeech.falseClosuresAboveTarget',
    label: 'real speech: false closures above target',
    max: 0.05,
    digits: 3,
  },
  {
    figure: 'realSpeech.jawCorrelation',
    label: 'real speech: jaw correlation',
    min: 0.8,
    digits: 3,
  },
  {
    figure: 'realSpeech.jawSdRatio',
    label: 'real speech: jaw deviation ÷ target',
    min: 0.9,
    max: 1.2,
    digits: 2,
  },
  {
    figure: 'unseenEngine.avOffsetMs',
    label: 'unseen engine: picture behind sound',
    min: -40,
    max: 40,
    digits: 0,
    unit: 'ms',
  },
  {
    figure: 'realSpeech.avOffsetMs',
    label: 'real speech: picture behind sound',
    min: -40,
    max: 40,
    digits: 0,
    unit: 'ms',
  },
  { figure: 'algorithmicLatencyMs', label: 'algorithmic latency', max: 130, digits: 1, unit: 'ms' },
  {
    figure: 'renderedSpeakers.lipLandmarkErrorPx',
    label: 'rendered speakers: lip landmark error',
    max: 0.6,
    digits: 2,
    unit: 'px',
  },
  {
    figure: 'openAreaRatio',
    label: 'rendered speakers: open-area ratio',
    min: 0.85,
    max: 1.15,
    digits: 2,
  },
  { figure: 'textureRatio', label: 'rendered speakers: texture ratio', min: 0.7, digits: 2 },
  {
    figure: 'renderedSpeakers.seamRatio',
    label: 'rendered speakers: seam ÷ source',
    max: 1.1,
    digits: 2,
  },
  {
    figure: 'renderedSpeakers.avOffsetMs',
    label: 'rendered speakers: picture behind sound',
    min: -40,
    max: 40,
    digits: 0,
    unit: 'ms',
  },
  { figure: 'outsideMaskMaxError', label: 'error outside the mask', max: 0, digits: 0 },
  { figure: 'silenceMaxChange', label: 'change in silence and at −50 dB', max: 0, digits: 0 },
  {
    figure: 'cpuMsPerFrame.p50',
    label: 'CPU per speaking frame, p50',
    max: 8,
    digits: 2,
    unit: 'ms',
  },
  {
    figure: 'cpuMsPerFrame.p99',
    label: 'CPU per speaking frame, p99',
    max: 12,
    digits: 2,
    unit: 'ms',
  },
  { figure: 'packMb', label: 'size of the pack', max: 20, digits: 1, unit: 'MB' },
];

/** Compare figures with the goals. Figures that are absent or null count as not measured. */
export function judge(figures: object, goals: readonly Goal[] = GOALS): GoalResult[] {
  return goals.map((goal) => {
    const value = valueAt(figures, goal.figure);
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = goal;
    return { ...goal, value, isMet: value === null ? null : value >= min && value <= max };
  });
}

/** A goal in words, e.g. "≥ 0.75", "0.9 to 1.2", "0". */
export function goalText({ min, max, unit }: Goal): string {
  let range = `≤ ${max ?? ''}`;
  if (max === undefined) range = `≥ ${min ?? ''}`;
  else if (min !== undefined) range = `${min} to ${max}`;
  else if (max === 0) range = '0';
  return withUnit(range, unit);
}

/** A measured value in words. */
export function valueText({ value, digits, unit }: GoalResult): string {
  if (value === null) return '–';
  return withUnit(value.toFixed(digits), unit);
}

function withUnit(text: string, unit: string | undefined): string {
  const written = text.replaceAll('-', '−');
  return unit === undefined ? written : `${written} ${unit}`;
}

function valueAt(figures: object, path: string): number | null {
  let value: unknown = figures;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
