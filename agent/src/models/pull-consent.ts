/** Shows what is said about the licence of the weights and asks once whether to go on. */
import { createInterface } from 'node:readline/promises';
import { AvatarError } from '../errors.ts';
import type { PackSources } from './pull-sources.ts';

/** Where the question goes and the answer comes from. */
export type Terminal = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
};

/** The statements, as lines to show. */
export function statementLines({ title, statements, note, files }: PackSources): string[] {
  const licences = new Map(files.map(({ repo, licence }) => [repo, licence]));
  return [
    title,
    '',
    'What is said about the licence of these weights:',
    ...statements.map(({ from, says }) => `  * ${from}:\n      ${says}`),
    ...(note === undefined ? [] : ['', note]),
    '',
    ...[...licences].map(([repo, licence]) => `  ${repo}: ${licence}`),
    '',
  ];
}

/**
 * Show the statements and ask. @returns whether to go on
 * @throws AvatarError REQUEST_INVALID when nobody can be asked
 */
export async function agreeToLicences(
  sources: PackSources,
  { input, output }: Terminal,
  { yes, signal }: { readonly yes: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  output.write(`${statementLines(sources).join('\n')}\n`);
  if (yes) return true;
  if (input.isTTY !== true) {
    throw new AvatarError(
      'REQUEST_INVALID',
      'models pull: nobody can be asked here (no terminal); read the statements above and add --yes to agree to them',
    );
  }
  const terminal = createInterface({ input, output, terminal: false });
  try {
    const answer = await terminal.question('Fetch them for your own use on these terms? [y/N] ', {
      signal,
    });
    return /^\s*y(es)?\s*$/i.test(answer);
  } finally {
    terminal.close();
  }
}
