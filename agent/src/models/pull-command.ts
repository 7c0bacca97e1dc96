/** `npm run models -- pull PACK`: the published checkpoints of a pack, fetched or taken from a folder the user has. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AvatarError } from '../errors.ts';
import { assertFreeSpace, showBytes } from './download-space.ts';
import { DEFAULT_TIMING, downloadFile, partPath, type DownloadTiming } from './download.ts';
import { adoptFile } from './pull-adopt.ts';
import { checkIn, sizeOf, type FileState } from './pull-check.ts';
import { agreeToLicences, type Terminal } from './pull-consent.ts';
import { lockFolder } from './pull-lock.ts';
import { PullProgress, type ProgressOutput } from './pull-progress.ts';
import { PullRecord } from './pull-record.ts';
import {
  checkpointsPath,
  DEFAULT_MIRROR,
  parseMirror,
  readSources,
  selectFiles,
  urlOf,
  type SourceFile,
} from './pull-sources.ts';

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  mirror: { type: 'string' },
  with: { type: 'string', multiple: true },
  yes: { type: 'boolean', short: 'y' },
} as const;

/** What shells report for a command ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;

/** Everything of a pull that comes from outside. */
export type PullSurroundings = Terminal & {
  /** Results, for people and scripts. */
  readonly say: (line: string) => void;
  readonly progress: ProgressOutput;
  readonly signal: AbortSignal;
  readonly timing?: DownloadTiming;
};

/** Run it on this process's terminal; Ctrl-C ends it so that it can be continued. @returns the exit code */
export async function pullCommand(args: string[], modelsDir: string): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await pull(args, modelsDir, {
      input: process.stdin,
      output: process.stderr,
      progress: process.stderr,
      say: (line) => process.stdout.write(`${line}\n`),
      signal: stop.signal,
    });
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
    process.stderr.write('\nstopped; the same command goes on where it stopped\n');
    return EXIT_INTERRUPTED;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/**
 * Pull the pack named in `args`. @returns the exit code: 0 all files are there, 1 some are not or it was refused
 * @throws AvatarError REQUEST_INVALID | MODEL_FETCH_FAILED | MODEL_PACK_CORRUPT
 */
export async function pull(
  args: string[],
  modelsDir: string,
  surroundings: PullSurroundings,
): Promise<number> {
  const { name, values } = parsePullArgs(args);
  const packDir = join(modelsDir, name);
  const sources = await readSources(packDir);
  if (!sources)
    throw usage(`${packDir} has no sources.yaml: there is nothing to fetch for "${name}"`);
  const files = selectFiles(sources, values.with ?? []);
  const mirror = parseMirror(values.mirror ?? DEFAULT_MIRROR);
  const dir = values.to ?? checkpointsPath(packDir);
  let record = await PullRecord.open(dir);
  if (!record.isAgreed) {
    const { signal } = surroundings;
    const agreed = await agreeToLicences({ ...sources, files }, surroundings, {
      yes: values.yes ?? false,
      signal,
    });
    if (!agreed) {
      surroundings.say('nothing was fetched');
      return 1;
    }
  }
  const unlock = await lockFolder(dir);
  try {
    record = await PullRecord.open(dir); // another pull may have ended in between
    if (!record.isAgreed) await record.agree();
    const job = { ...surroundings, dir, record, mirror };
    const missing = await missingFiles(files, job);
    const left = values.from
      ? await adoptAll(missing, values.from, job)
      : await downloadAll(missing, job);
    return report(name, files.length, left, job);
  } finally {
    await unlock();
  }
}

type Job = PullSurroundings & {
  readonly dir: string;
  readonly record: PullRecord;
  readonly mirror: string;
};

function parsePullArgs(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: OPTIONS,
      strict: true,
      allowPositionals: true,
    });
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0 || !/^[a-z0-9][a-z0-9.-]*$/.test(name))
      throw new Error('name one pack, e.g. musetalk-v15');
    if (values.from !== undefined && values.mirror !== undefined)
      throw new Error('--from takes files from a folder, --mirror from a server; give one');
    return { name, values };
  } catch (thrown) {
    throw usage((thrown as Error).message);
  }
}

function usage(what: string): AvatarError {
  return new AvatarError(
    'REQUEST_INVALID',
    `models pull: ${what} (see \`npm run models -- help\`)`,
  );
}

/** Those that are not there or not right, after reading all that are. Files without any known hash are trusted now. */
async function missingFiles(files: readonly SourceFile[], job: Job): Promise<SourceFile[]> {
  const missing: SourceFile[] = [];
  for (const file of files) {
    job.signal.throwIfAborted();
    const found = await checkIn(job.dir, file, job.record);
    if (found.state === 'unknown') {
      await job.record.add(file.path, { ...facts(found), from: 'was there', published: false });
      job.say(`${file.path}: no published hash; recorded as it is`);
    } else if (found.state !== 'whole') {
      missing.push(file);
      if (found.state === 'wrong') job.say(`${file.path}: ${found.detail}; to be replaced`);
    }
  }
  return missing;
}

const facts = ({ bytes, sha256 }: Extract<FileState, { sha256: string }>) => ({ bytes, sha256 });

async function adoptAll(files: SourceFile[], fromDir: string, job: Job): Promise<SourceFile[]> {
  const left: SourceFile[] = [];
  for (const file of files) {
    job.signal.throwIfAborted();
    const adopted = await adoptFile(file, fromDir, job.dir, job.record);
    if (adopted.result === 'missing') {
      job.say(`${file.path}: not in ${fromDir}`);
      left.push(file);
    } else if (adopted.result === 'wrong') {
      job.say(`${file.path}: ${adopted.from} ${adopted.detail}; not the published file, left out`);
      left.push(file);
    } else {
      job.say(`${file.path}: ${adopted.result} from ${adopted.from}`);
    }
  }
  return left;
}

async function downloadAll(files: SourceFile[], job: Job): Promise<SourceFile[]> {
  for (const file of files) if (file.sha256 === null) requireTrustedTransport(file, job.mirror);
  await assertFreeSpace(job.dir, await bytesToFetch(files, job.dir));
  for (const file of files) {
    const url = urlOf(file, job.mirror);
    const recorded = job.record.get(file.path);
    const progress = new PullProgress(file.path, job.progress);
    try {
      const fetched = await downloadFile({
        url,
        target: join(job.dir, file.path),
        bytes: file.bytes,
        sha256: file.sha256 ?? recorded?.sha256 ?? null,
        signal: job.signal,
        timing: job.timing ?? DEFAULT_TIMING,
        onProgress: (bytes, total) => progress.update(bytes, total),
        onRetry: (reason, pauseMs) =>
          progress.remark(`${reason}; trying again in ${(pauseMs / 1000).toFixed(0)} s`),
      });
      progress.end();
      await job.record.add(file.path, { ...fetched, from: url, published: file.sha256 !== null });
      const trust = file.sha256 === null ? 'no published hash, recorded' : 'sha256 is right';
      job.say(`${file.path}: ${showBytes(fetched.bytes)}, ${trust}`);
    } finally {
      progress.end();
    }
  }
  return [];
}

/** What nothing vouches for must at least come from the server it claims to come from. */
function requireTrustedTransport(file: SourceFile, mirror: string): void {
  const { protocol, hostname } = new URL(mirror);
  if (protocol === 'https:' || /^(localhost|127\..*|\[::1\])$/.test(hostname)) return;
  throw new AvatarError(
    'REQUEST_INVALID',
    `${file.path} has no published hash, so it must not come over plain http; use an https mirror, or fetch it by other means and use --from`,
  );
}

async function bytesToFetch(files: readonly SourceFile[], dir: string): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    const have = (await sizeOf(partPath(join(dir, file.path)))) ?? 0;
    bytes += Math.max((file.bytes ?? 0) - have, 0);
  }
  return bytes;
}

function report(name: string, count: number, left: readonly SourceFile[], job: Job): number {
  if (left.length === 0) {
    job.say(
      `all ${count} files are in ${job.dir}; go on with \`npm run models -- export ${name}\``,
    );
    return 0;
  }
  job.say(
    `${left.length} of ${count} files are missing; the same command without --from fetches them`,
  );
  return 1;
}
