// @ts-check
// Ends the services when the start itself is killed (SIGKILL, out of memory) and cannot do it: a shell of 1 MB that
// reads the process groups from a pipe, and acts when the pipe closes.
import { spawn } from 'node:child_process';

/** As long as an orderly stop, s. */
const GRACE_S = 8;

/** Every line it reads is the whole list (`kill -s`: dash takes no group after `kill -TERM`). Ctrl-C is meant for the start, which then closes the pipe. */
const SCRIPT = `
trap '' INT TERM HUP
groups=
while read -r line; do groups=$line; done
[ -z "$groups" ] && exit
for group in $groups; do kill -s TERM -- "-$group"; done 2>/dev/null
left=${GRACE_S * 5}
while [ $left -gt 0 ]; do
  alive=
  for group in $groups; do kill -s 0 -- "-$group" && alive=1; done 2>/dev/null
  [ -z "$alive" ] && exit
  left=$((left - 1))
  sleep 0.2
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
`;

/** The guard of one start. On Windows there is none: a job object would need a program of our own. */
export class Guard {
  #pipe;

  constructor() {
    if (process.platform === 'win32') return;
    const shell = spawn('/bin/sh', ['-c', SCRIPT], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // Without a shell the services run unguarded; a broken pipe means that the guard was killed.
    shell.on('error', () => undefined);
    shell.stdin.on('error', () => undefined);
    shell.unref();
    this.#pipe = shell.stdin;
  }

  /** @param {readonly number[]} groups the process groups to end; none: nothing is left to do */
  watch(groups) {
    this.#pipe?.write(`${groups.join(' ')}\n`);
  }

  /** The services have ended. */
  close() {
    this.watch([]);
    this.#pipe?.end();
  }
}
