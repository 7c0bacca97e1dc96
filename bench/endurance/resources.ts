/** What the long-lived processes of a stack hold: memory, descriptors, sockets, threads, temp files, job processes. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { processTree, type ProcessSample } from '../../e2e/harness/processes.ts';

/** One long-lived process, now. */
export type Held = {
  readonly rssMb: number;
  readonly threads: number;
  /** Open descriptors of any kind, without /proc/PID/stat: the agents framework looks at jobs and forgets each a minute later. */
  readonly descriptors: number;
  /** Of these, sockets. */
  readonly sockets: number;
};

/** Names of the processes that live as long as the service. */
export const LONG_LIVED = ['agent', 'page', 'livekit'] as const;
export type LongLived = (typeof LONG_LIVED)[number];

const COMMANDS: Readonly<Record<LongLived, RegExp>> = {
  agent: /agent\/dist\/main\.js/,
  page: /next(-server|\/dist\/bin\/next)/,
  livekit: /livekit-server/,
};

/** Process ids of a stack's long-lived processes. @throws Error naming the one that is not there */
export function findLongLived(stackPid: number): Record<LongLived, number> {
  const tree = processTree(stackPid).filter(({ command }) => !command.includes('job_proc'));
  const find = (name: LongLived): number => {
    const found = tree.find(({ command }) => COMMANDS[name].test(command));
    if (!found) throw new Error(`no ${name} process below ${stackPid}`);
    return found.pid;
  };
  return { agent: find('agent'), page: find('page'), livekit: find('livekit') };
}

/** What a process holds. @throws Error when it has ended */
export function held(pid: number): Held {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const targets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed between the listing and the read
    }
  });
  return {
    rssMb: number('VmRSS') / 1000,
    threads: number('Threads'),
    descriptors: targets.filter((target) => !/^\/proc\/\d+\/stat$/.test(target)).length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
  };
}

/** Job processes below the agent, the idle one that waits for the next session included. */
export function jobsOf(agentPid: number): ProcessSample[] {
  return processTree(agentPid).filter(({ command }) => command.includes('job_proc'));
}

/** Every path below a folder, sockets included. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  );
}
