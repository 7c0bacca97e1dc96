// @ts-check
// The programs a start runs: own process group each, so that stopping one also ends what it forked.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readLogLine } from './log-lines.mjs';

/** Kept per child for the report when it dies. */
const KEPT_LINES = 20;
const POLL_MS = 50;
/** For what a program forked, once the program itself is gone. */
const ORPHAN_GRACE_MS = 500;

/**
 * @typedef {object} ChildSpec
 * @property {string} name shown before its lines
 * @property {string} command
 * @property {string[]} args
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 */

/** One running program. `ended` resolves with why, once it and its output are over. */
export class Child {
  /** @type {string[]} */
  #lastLines = [];
  #process;

  /**
   * @param {ChildSpec} spec
   * @param {(name: string, level: import('./log-lines.mjs').Level, text: string) => void} onLine
   */
  constructor({ name, command, args, cwd, env }, onLine) {
    this.name = name;
    this.#process = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C reaches only us, and we decide the order of the end.
      detached: process.platform !== 'win32',
    });
    for (const stream of /** @type {const} */ (['stdout', 'stderr'])) {
      createInterface({ input: this.#process[stream] }).on('line', (line) => {
        const { level, text } = readLogLine(line, stream);
        if (level !== 'debug') this.#remember(text);
        onLine(name, level, text);
      });
    }
    /** @type {Promise<string>} */
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(`could not be started: ${error.message}`));
      // Not 'close': a forked grandchild may hold the pipes open for ever.
      this.#process.once('exit', (code, signal) =>
        resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`),
      );
    });
    this.running = true;
    void this.ended.then(() => {
      this.running = false;
    });
  }

  /** @returns {number | undefined} process id, and id of its group; undefined when it could not be started */
  get pid() {
    return this.#process.pid;
  }

  /** @returns {readonly string[]} its last lines, oldest first */
  get lastLines() {
    return this.#lastLines;
  }

  /**
   * Ask the program to end; after `graceMs` end it and everything it forked.
   * @param {number} graceMs
   * @returns {Promise<void>}
   */
  async stop(graceMs) {
    if (this.running) this.#process.kill('SIGTERM');
    await waitWhile(() => this.running, graceMs);
    await this.outlive(ORPHAN_GRACE_MS);
  }

  /**
   * Wait for what a dead program forked; after `graceMs` end it.
   * @param {number} graceMs
   * @returns {Promise<void>}
   */
  async outlive(graceMs) {
    await waitWhile(() => this.#groupAlive(), graceMs);
    this.kill();
  }

  /** End the program and everything it forked at once. */
  kill() {
    const { pid } = this.#process;
    if (pid === undefined) return;
    if (process.platform === 'win32') {
      if (this.running) spawnSync('taskkill', ['/pid', String(pid), '/t', '/f']);
      return;
    }
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // ESRCH: the group is already empty.
    }
  }

  #groupAlive() {
    const { pid } = this.#process;
    if (pid === undefined) return false;
    if (process.platform === 'win32') return this.running;
    try {
      process.kill(-pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  /** @param {string} text */
  #remember(text) {
    this.#lastLines.push(text);
    if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift();
  }
}

/**
 * @param {() => boolean} condition
 * @param {number} limitMs
 */
async function waitWhile(condition, limitMs) {
  const deadlineMs = performance.now() + limitMs;
  while (condition() && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
