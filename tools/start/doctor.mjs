// @ts-check
// `npm start -- --check`: what is present, what is missing, and the cure for each.
import { programFindings } from './doctor-programs.mjs';
import { dataFindings } from './doctor-data.mjs';

/**
 * `ok`: nothing to do. `auto`: the next start does it. `optional`: only some tasks need it. `bad`: a start would fail.
 * @typedef {object} Finding
 * @property {string} what
 * @property {'ok' | 'auto' | 'optional' | 'bad'} state
 * @property {string} detail what was found
 * @property {string} [cure] what to do, when something is to be done
 */

const LABELS = { ok: 'ok', auto: 'later', optional: 'optional', bad: 'MISSING' };

/**
 * Print the table.
 * @param {import('./args.mjs').StartOptions} options
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} 0 when a start would work, else 1
 */
export async function doctor(options, env) {
  const findings = [...(await programFindings(options, env)), ...(await dataFindings(options))];
  console.log(table(findings));
  const bad = findings.filter(({ state }) => state === 'bad');
  console.log(
    bad.length === 0
      ? '\n`npm start` can run.'
      : `\n${bad.length} to mend before \`npm start\` can run.`,
  );
  return bad.length === 0 ? 0 : 1;
}

/**
 * @param {readonly Finding[]} findings
 * @returns {string}
 */
export function table(findings) {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const indent = ' '.repeat(width + 14);
  return findings
    .flatMap(({ what, state, detail, cure }) => [
      `  ${what.padEnd(width)}  ${LABELS[state].padEnd(8)}  ${detail}`,
      ...(cure ? cure.split('\n').map((line) => `${indent}→ ${line}`) : []),
    ])
    .join('\n');
}
