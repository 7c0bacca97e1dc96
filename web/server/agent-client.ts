/** Reads the agent's HTTP API. Short time-outs: a page waits for these answers. */
import {
  agentStatusSchema,
  avatarSummarySchema,
  type AgentStatus,
  type AvatarSummary,
} from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import { z } from 'zod';

const TIMEOUT_MS = 2000;
/** A thumbnail is some tens of kB; anything far larger is not one. */
const MAX_THUMBNAIL_BYTES = 2_000_000;

const unavailable = (agentUrl: string, reason: string, cause?: unknown): AvatarError =>
  new AvatarError(
    'AGENT_UNAVAILABLE',
    `The avatar service does not answer at ${agentUrl} (${reason}). Start it with \`npm start\`, or set AGENT_URL.`,
    { cause },
  );

/** GET one path. @throws AvatarError AGENT_UNAVAILABLE when nothing answers in time. */
async function get(agentUrl: string, path: string): Promise<Response> {
  try {
    return await fetch(`${agentUrl}${path}`, {
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
    throw unavailable(
      agentUrl,
      timedOut ? `no answer in ${TIMEOUT_MS / 1000} s` : 'connection failed',
      cause,
    );
  }
}

async function getJson<Schema extends z.ZodType>(
  agentUrl: string,
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const response = await get(agentUrl, path);
  if (!response.ok) throw unavailable(agentUrl, `${path} answered ${response.status}`);
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    throw unavailable(
      agentUrl,
      `${path} answered something else; page and agent must have the same version`,
      parsed.error,
    );
  }
  return parsed.data;
}

/** Every configured avatar. Thumbnails point to the page's own origin. */
export async function fetchAvatars(agentUrl: string): Promise<AvatarSummary[]> {
  const avatars = await getJson(agentUrl, '/avatars', z.array(avatarSummarySchema));
  return avatars.map((avatar) =>
    avatar.thumbnail === undefined
      ? avatar
      : { ...avatar, thumbnail: `/api/avatars/${avatar.id}/thumbnail` },
  );
}

/** Sessions and timings of the agent. */
export function fetchAgentStatus(agentUrl: string): Promise<AgentStatus> {
  return getJson(agentUrl, '/status', agentStatusSchema);
}

/**
 * JPEG bytes of an avatar's picture.
 * @throws AvatarError AVATAR_NOT_FOUND when the avatar or its picture does not exist.
 */
export async function fetchThumbnail(agentUrl: string, avatarId: string): Promise<ArrayBuffer> {
  const avatars = await getJson(agentUrl, '/avatars', z.array(avatarSummarySchema));
  const path = avatars.find(({ id }) => id === avatarId)?.thumbnail;
  // Only a path below the agent's own origin: `//host/…` would lead elsewhere.
  if (path === undefined || !/^\/(?!\/)/.test(path)) {
    throw new AvatarError('AVATAR_NOT_FOUND', `Avatar "${avatarId}" has no picture.`);
  }
  const response = await get(agentUrl, path);
  if (!response.ok) throw unavailable(agentUrl, `${path} answered ${response.status}`);
  const bytes = await response.arrayBuffer();
  if (bytes.byteLength > MAX_THUMBNAIL_BYTES) {
    throw unavailable(agentUrl, `${path} is ${bytes.byteLength} bytes`);
  }
  return bytes;
}

/**
 * Find an avatar that can be joined now.
 * @throws AvatarError AVATAR_NOT_FOUND (lists what there is) or AVATAR_NOT_READY (with the reason).
 */
export function requireReadyAvatar(avatars: readonly AvatarSummary[], id: string): AvatarSummary {
  const avatar = avatars.find((candidate) => candidate.id === id);
  if (avatar === undefined) {
    const known = avatars.map((candidate) => candidate.id).join(', ');
    throw new AvatarError(
      'AVATAR_NOT_FOUND',
      `There is no avatar "${id}"; there ${known === '' ? 'are none yet' : `are: ${known}`}.`,
    );
  }
  if (avatar.status === 'failed') {
    throw new AvatarError(
      'AVATAR_NOT_READY',
      `Avatar "${avatar.name}" could not be prepared: ${avatar.reason ?? 'see the agent’s log'}`,
    );
  }
  if (avatar.status === 'preparing') {
    const percent = Math.round((avatar.progressRatio ?? 0) * 100);
    throw new AvatarError(
      'AVATAR_NOT_READY',
      `Avatar "${avatar.name}" is still being prepared (${percent} %). Try again in a moment.`,
    );
  }
  return avatar;
}
