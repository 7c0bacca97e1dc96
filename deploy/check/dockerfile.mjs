// @ts-check
// Reads the part of the Dockerfile language that deploy/*.Dockerfile use.

/**
 * @typedef {{ name: string | undefined, from: string, steps: { instruction: string, value: string }[] }} Stage
 */

const KNOWN = new Set(['COPY', 'RUN', 'WORKDIR', 'ENV', 'USER', 'EXPOSE', 'CMD']);

/**
 * @param {string} text
 * @returns {Stage[]} in file order
 * @throws {Error} naming an instruction it does not know: nothing is passed over
 */
export function parseDockerfile(text) {
  /** @type {Stage[]} */
  const stages = [];
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const [, instruction = '', value = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (instruction === 'FROM') {
      const [, from = '', name] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(value) ?? [];
      stages.push({ name, from, steps: [] });
    } else if (KNOWN.has(instruction)) {
      stages.at(-1)?.steps.push({ instruction, value });
    } else {
      throw new Error(`cannot carry out this line of the Dockerfile: ${line}`);
    }
  }
  return stages;
}
