/** CPU and memory of a process and all its descendants, from /proc (Linux only). */
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;

export type ProcessSample = {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly cpuS: number;
  readonly rssMb: number;
};

function sample(pid: number): ProcessSample | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return {
      pid,
      parent: Number(fields[1]),
      command,
      cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S,
      rssMb: (Number(fields[21]) * PAGE_BYTES) / 1e6,
    };
  } catch {
    return null; // ended between the listing and the read
  }
}

/** `rootPid` and everything below it, now. */
export function processTree(rootPid: number): ProcessSample[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => sample(Number(name)) ?? []);
  const inTree = new Set([rootPid]);
  let size = 0;
  while (size !== inTree.size) {
    size = inTree.size;
    for (const { pid, parent } of all) if (inTree.has(parent)) inTree.add(pid);
  }
  return all.filter(({ pid }) => inTree.has(pid));
}

/** CPU seconds used between two samples of a tree; processes that ended in between count as far as seen. */
export function cpuBetween(
  before: readonly ProcessSample[],
  after: readonly ProcessSample[],
): number {
  const start = new Map(before.map(({ pid, cpuS }) => [pid, cpuS]));
  return after.reduce((sum, { pid, cpuS }) => sum + cpuS - (start.get(pid) ?? 0), 0);
}

/** The agent's job processes below `rootPid`: sessions, and the idle one that waits for the next. */
export function jobProcesses(rootPid: number): number[] {
  return processTree(rootPid)
    .filter(({ command }) => command.includes('job_proc'))
    .map(({ pid }) => pid);
}
