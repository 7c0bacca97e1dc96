/** Where the engine's socket lies: only the user who runs the service may reach it. */
import { chmod, lstat, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AvatarError } from '../errors.ts';

/** Longest path a Unix socket may have (sun_path of Linux is 108 bytes, macOS 104, with the final 0). */
const MAX_SOCKET_PATH_BYTES = 103;

/** Folders that engines make for themselves, below the system's temporary one. */
const FOLDER_PREFIX = 'avatar-engine-';
const SOCKET_NAME = 'engine.sock';
/** A folder without a socket is younger than this while its engine starts, ms. */
const STARTING_MS = 10 * 60_000;

/** A listening place: its path and how to take it away. */
export type SocketPlace = { readonly path: string; readonly remove: () => Promise<void> };

/**
 * Make the folder (0700; a fresh one when no path is given) and take away what a dead engine has left there.
 * @param temporary where fresh folders are made; default the system's temporary folder
 */
export async function prepareSocketPlace(
  path?: string,
  temporary = tmpdir(),
): Promise<SocketPlace> {
  if (path === undefined) {
    await removeAbandoned(temporary);
    const folder = await mkdtemp(join(temporary, FOLDER_PREFIX)); // mkdtemp makes 0700
    return {
      path: checkedPath(join(folder, SOCKET_NAME)),
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }
  await mkdir(dirname(checkedPath(path)), { recursive: true, mode: 0o700 });
  const old = await lstat(path).catch(() => undefined); // nothing there: the usual case
  if (old?.isSocket() === true) await rm(path);
  return { path, remove: () => rm(path, { force: true }) };
}

/** Listen with a socket file of mode 0600. @throws AvatarError ENGINE_UNAVAILABLE */
export async function listenAt(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new AvatarError(
          'ENGINE_UNAVAILABLE',
          `the engine cannot listen at ${path}: ${cause.message}; choose another place with AVATAR_ENGINE_SOCKET`,
          { cause },
        ),
      );
    });
    // The file is created inside listen, synchronously: the mask leaves no moment in which others may connect.
    const mask = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(mask);
    }
  });
  await chmod(path, 0o600);
}

/** Remove folders of engines that were killed: their sockets refuse. Those of other users are left alone. */
async function removeAbandoned(temporary: string): Promise<void> {
  const names = await readdir(temporary).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith(FOLDER_PREFIX))) {
    const folder = join(temporary, name);
    const entry = await stat(folder).catch(() => undefined);
    if (entry === undefined || entry.uid !== process.getuid?.()) continue;
    const answer = await connectTo(join(folder, SOCKET_NAME));
    const isAbandoned =
      answer === 'ECONNREFUSED' ||
      (answer === 'ENOENT' && Date.now() - entry.mtimeMs > STARTING_MS);
    if (isAbandoned) await rm(folder, { recursive: true, force: true });
  }
}

/** `connected`, or the code of what went wrong. */
function connectTo(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('connected');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
}

function checkedPath(path: string): string {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path;
  throw new AvatarError(
    'CONFIG_INVALID',
    `the path of the engine's socket is longer than ${MAX_SOCKET_PATH_BYTES} bytes: ${path}; set AVATAR_ENGINE_SOCKET to a shorter one`,
  );
}
