/** Command line of `npm run eval`. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { AvatarError } from '../agent/src/errors.ts';

/** What can be measured alone. */
export const SECTIONS = ['festival', 'speech', 'rendered', 'avatars', 'cpu'] as const;
export type Section = (typeof SECTIONS)[number];

/** Which utterances of real speech: even numbers are for tuning, odd ones for the final figure. */
export const PARTS = ['all', 'tuning', 'test'] as const;
export type Part = (typeof PARTS)[number];

export const HELP = `Usage: npm run eval -- [--pack lite] [--speech DIR]… [--part all|tuning|test] [--only SECTION,…]
                       [--json FILE] [--report DIR] [--strict]

  --pack lite      model pack to score
  --speech DIR     real speech: wavs and transcripts.csv with lines \`name|text\`; repeatable
  --part PART      tuning = utterances with even numbers, test = odd ones (default: all)
  --only SECTIONS  ${SECTIONS.join(', ')} (default: all of them)
  --json FILE      every figure, with goals
  --report DIR     writes DIR/index.html: scores, curves, filmstrips
  --strict         exit code 1 when a goal is missed

What the figures mean: docs/evaluation.md. The first run makes a Python environment in the user's cache (300 MB).
`;

export type EvalOptions = {
  readonly pack: 'lite';
  /** Folders of real speech. */
  readonly speech: readonly string[];
  readonly part: Part;
  readonly sections: ReadonlySet<Section>;
  readonly json: string | undefined;
  readonly report: string | undefined;
  readonly isStrict: boolean;
};

/**
 * Options from the command line; 'help' when it asks for help.
 * @throws AvatarError REQUEST_INVALID naming the argument and what is possible
 */
export function parseEvalOptions(args: readonly string[]): EvalOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  if (values.pack !== 'lite') {
    throw invalid(
      `--pack ${values.pack}: only lite can be scored, its mouth parameters are what is compared`,
    );
  }
  const speech = values.speech ?? [];
  for (const folder of speech) assertSpeechFolder(folder);
  const names = speech.map((folder) => basename(folder));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw invalid(`--speech: two folders are named ${twice}; rename one, the report goes by name`);
  }
  return {
    pack: 'lite',
    speech,
    part: oneOf(PARTS, values.part, '--part'),
    sections: new Set(
      values.only?.split(',').map((name) => oneOf(SECTIONS, name, '--only')) ?? SECTIONS,
    ),
    json: values.json,
    report: values.report,
    isStrict: values.strict === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        pack: { type: 'string', default: 'lite' },
        speech: { type: 'string', multiple: true },
        part: { type: 'string', default: 'all' },
        only: { type: 'string' },
        json: { type: 'string' },
        report: { type: 'string' },
        strict: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function assertSpeechFolder(folder: string): void {
  if (!existsSync(folder)) throw invalid(`--speech ${folder}: there is no such folder`);
  if (existsSync(join(folder, 'transcripts.csv'))) return;
  throw invalid(
    `--speech ${folder}: transcripts.csv is missing in it; write one line per wav, \`name|text\``,
  );
}

function oneOf<const T extends string>(choices: readonly T[], value: string, option: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) {
    throw invalid(`${option} ${value}: choose from ${choices.join(', ')}`);
  }
  return found;
}

function invalid(message: string, cause?: unknown): AvatarError {
  return new AvatarError('REQUEST_INVALID', message, { cause });
}
