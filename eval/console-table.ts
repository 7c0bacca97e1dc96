/** The figures as a table for the console. */
import type { JudgedFigures, SpeechFigures } from './figures.ts';
import { goalText, valueText } from './goals.ts';

/** Lines of the whole summary. */
export function consoleSummary(figures: JudgedFigures): string[] {
  const { goals, notes, seconds, pack, packVersion, part } = figures;
  const rows = goals.map((goal) => [
    goal.label,
    valueText(goal),
    goalText(goal),
    goal.isMet === null ? '' : goal.isMet ? 'ok' : 'MISSED',
  ]);
  const missed = goals.filter(({ isMet }) => isMet === false).length;
  const measured = goals.filter(({ isMet }) => isMet !== null).length;
  return [
    `pack ${pack} ${packVersion}, part ${part}`,
    '',
    ...table(['figure', 'measured', 'goal', ''], rows),
    ...speakerTable('unseen engine', figures.unseenEngine),
    ...speakerTable('real speech', figures.realSpeech),
    '',
    ...notes.map((note) => `note: ${note}`),
    `${measured - missed} of ${measured} goals met, measured in ${seconds.toFixed(0)} s`,
  ];
}

function speakerTable(title: string, speech: SpeechFigures | null): string[] {
  if (speech === null) return [];
  const rows = Object.entries(speech.speakers).map(([speaker, scores]) => [
    speaker,
    String(scores.utterances),
    scores.classAccuracy.toFixed(3),
    `${scores.closureRecall.toFixed(3)} (${scores.closures})`,
    scores.falseClosuresAboveTarget.toFixed(3).replace('-', '−'),
    scores.jawCorrelation.toFixed(3),
    scores.jawSdRatio.toFixed(2),
  ]);
  const head = [title, 'n', 'class acc.', 'closures (n)', 'false above', 'jaw r', 'jaw s.d.'];
  return ['', ...table(head, rows)];
}

/** Columns padded to their widest cell; the first to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, i) =>
    Math.max(cell.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))) // one width per column
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)];
}
