/** `npm run eval`: the quality figures of a model pack, measured on the product's own code. docs/evaluation.md. */
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AvatarError, toAvatarError } from '../agent/src/errors.ts';
import { consoleSummary } from './console-table.ts';
import { evaluate } from './evaluate.ts';
import { rounded } from './figures.ts';
import { HELP, parseEvalOptions } from './options.ts';
import { writeReport } from './report/write-report.ts';

const EXIT_MISSED = 1;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Progress on one line that is overwritten; not at all where nobody watches, except the start of each step. */
function say(line: string): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns - 1)}`);
  else if (!/: \d+\/\d+ /.test(line) || line.includes(': 1/')) process.stderr.write(`${line}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseEvalOptions(args);
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  // Before minutes of measuring, not after.
  if (options.json !== undefined) makeFolder('--json', dirname(options.json));
  if (options.report !== undefined) makeFolder('--report', options.report);
  const evaluation = await evaluate(options, say);
  if (options.report !== undefined) await writeReport(evaluation, options.report, say);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(rounded(evaluation.figures), null, 1)}\n`);
  }
  process.stdout.write(`${consoleSummary(evaluation.figures).join('\n')}\n`);
  if (options.report !== undefined) {
    process.stdout.write(`report: ${join(options.report, 'index.html')}\n`);
  }
  await evaluation.pack.close();
  const isMissed = evaluation.figures.goals.some(({ isMet }) => isMet === false);
  return options.isStrict && isMissed ? EXIT_MISSED : 0;
}

function makeFolder(option: string, folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new AvatarError('REQUEST_INVALID', `${option}: cannot write to ${folder}`, { cause });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const error = toAvatarError(thrown);
  process.stderr.write(`${error.code}: ${error.message}\n`);
  if (error.code === 'INTERNAL') process.stderr.write(`${error.stack ?? ''}\n`);
  if (error.code === 'REQUEST_INVALID') process.stderr.write(`\n${HELP}`);
  process.exitCode = error.code === 'REQUEST_INVALID' ? EXIT_USAGE : EXIT_FAILED;
}
