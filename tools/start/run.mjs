// @ts-check
// `npm start`: check, start three services, wait until they are healthy, keep them running, stop them together.
import { setTimeout as sleep } from 'node:timers/promises';
import { getLivekitServer } from '../get-livekit-server.mjs';
import { HELP, parseStartArgs } from './args.mjs';
import { announce } from './banner.mjs';
import { prepareToStart } from './checks.mjs';
import { devKeys } from './dev-keys.mjs';
import { doctor } from './doctor.mjs';
import { Guard } from './guard.mjs';
import { KeptService } from './kept-service.mjs';
import { services } from './services.mjs';
import { UserError } from './user-error.mjs';

/** How long each may take to end in good order, ms. LiveKit goes last: the agent says goodbye in its rooms first. */
const GRACE_MS = { page: 3_000, agent: 8_000, livekit: 3_000 };
/** npm forwards Ctrl-C that the terminal has already delivered: an echo, not a second wish. */
const SIGNAL_ECHO_MS = 750;

const log = (/** @type {string} */ line) => console.log(line);

/**
 * @param {string[]} argv without node and script
 * @returns {Promise<number>} exit code
 */
export async function run(argv) {
  const stop = new AbortController();
  /** @type {KeptService[]} */
  const kept = [];
  const forget = onStopSignals(stop, () => kept.forEach((service) => service.kill()));
  try {
    const options = parseStartArgs(argv, process.env);
    if (options.help) {
      log(HELP);
      return 0;
    }
    if (options.check) return await doctor(options, process.env);
    return await runServices(options, kept, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return 130;
    console.error(error instanceof UserError ? error.message : error);
    return 1;
  } finally {
    // Also ends an install or build that still runs beside the one that failed.
    stop.abort();
    await stopAll(kept);
    forget();
  }
}

/**
 * @param {import('./args.mjs').StartOptions} options
 * @param {KeptService[]} kept filled as they start
 * @param {AbortSignal} signal
 * @returns {Promise<number>} exit code
 */
async function runServices(options, kept, signal) {
  const startedMs = performance.now();
  const { env } = process;
  const keys = devKeys();
  // Both may take minutes on the first start, and neither needs the other.
  const [server] = await Promise.all([
    getLivekitServer({ env, log, signal }),
    options.skipChecks ? undefined : prepareToStart({ options, env, signal, log }),
  ]);
  signal.throwIfAborted();
  log(`livekit-server ${server.version} (${server.source})`);

  const parts = services({ options, keys, livekitServer: server.path, env });
  const show = lineWriter(options.verbose, signal);
  const guard = new Guard();
  const onChange = () => guard.watch(kept.flatMap(({ groups }) => groups));
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  for (const part of Object.values(parts)) {
    kept.push(new KeptService(part, { show, log, onChange, signal: until }));
  }
  onChange();
  const firstDeath = Promise.race(kept.map(({ gaveUp }) => gaveUp)).finally(() => over.abort());
  const healthy = await Promise.all(kept.map(({ firstHealthy }) => firstHealthy));
  if (healthy.every(Boolean)) await announce(options, parts, performance.now() - startedMs);

  const death = await Promise.race([firstDeath, aborted(signal)]);
  if (!death) {
    log('stopping …');
    return 0;
  }
  // Its last lines may still be in the pipe.
  await sleep(100);
  console.error(`${death.child.name} ${death.reason}; its last lines:`);
  for (const line of death.child.lastLines) console.error(`  ${line}`);
  return 1;
}

/** @param {KeptService[]} kept */
async function stopAll(kept) {
  const stop = (/** @type {keyof typeof GRACE_MS} */ name) =>
    kept.find((service) => service.name === name)?.stop(GRACE_MS[name]);
  await Promise.all([stop('page'), stop('agent')]);
  await stop('livekit');
}

/**
 * First signal: orderly stop. Second: everything at once.
 * @param {AbortController} stop
 * @param {() => void} kill
 * @returns {() => void} removes the handlers
 */
function onStopSignals(stop, kill) {
  let firstMs = 0;
  const onSignal = () => {
    if (!stop.signal.aborted) {
      firstMs = performance.now();
      stop.abort();
    } else if (performance.now() - firstMs > SIGNAL_ECHO_MS) {
      kill();
    }
  };
  const names = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const name of names) process.on(name, onSignal);
  return () => names.forEach((name) => process.off(name, onSignal));
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<undefined>}
 */
function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/**
 * @param {boolean} verbose show information too, not only warnings and errors
 * @param {AbortSignal} stopping from then on only errors: parts that end warn about each other
 * @returns {(name: string, level: import('./log-lines.mjs').Level, text: string) => void}
 */
function lineWriter(verbose, stopping) {
  return (name, level, text) => {
    const serious = level === 'error' || (level === 'warn' && !stopping.aborted);
    if (!serious && !verbose) return;
    const line = `${name.padEnd(7)} | ${serious ? `${level}: ` : ''}${text}`;
    if (serious) console.error(line);
    else console.log(line);
  };
}
