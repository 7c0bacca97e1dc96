/**
 * Reads the agents' HTTP API. `agentUrl` may name several agents (agent-addresses.ts): all are asked, what they answer
 * is one service (merge-agents.ts), and those that are away are left out. Short time-outs: a page waits for these answers.
 */
import {
  agentStatusSchema,
  avatarSummarySchema,
  type AgentStatus,
  type AvatarSummary,
} from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { agentAddresses } from './agent-addresses.ts';
import { mergeAvatars, mergeStatuses } from './merge-agents.ts';

const TIMEOUT_MS = 2000;
/** When one agent has answered, the others have this long: one that hangs must not slow every join, ms. */
const STRAGGLER_MS = 500;
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

/** Ask every agent and keep the answers, in the order of the addresses. @throws AvatarError when none answers. */
async function askAll<Answer>(
  agentUrl: string,
  ask: (address: string) => Promise<Answer>,
): Promise<[Answer, ...Answer[]]> {
  const answers: { readonly index: number; readonly answer: Answer }[] = [];
  const addresses = await agentAddresses(agentUrl);
  const asked = addresses.map(async (address, index) => {
    answers.push({ index, answer: await ask(address) });
  });
  try {
    await Promise.any(asked);
  } catch (thrown) {
    const [reason] = (thrown as AggregateError).errors as unknown[];
    if (reason instanceof Error) throw reason;
    throw unavailable(agentUrl, 'AGENT_URL names no address');
  }
  if (asked.length > 1) {
    await Promise.race([
      Promise.allSettled(asked),
      setTimeout(STRAGGLER_MS, undefined, { ref: false }),
    ]);
  }
  const inOrder = [...answers].sort((one, other) => one.index - other.index);
  // Not empty: one has answered.
  return inOrder.map(({ answer }) => answer) as [Answer, ...Answer[]];
}

const fetchList = (address: string): Promise<AvatarSummary[]> =>
  getJson(address, '/avatars', z.array(avatarSummarySchema));

/** Every configured avatar. Thumbnails point to the page's own origin. */
export async function fetchAvatars(agentUrl: string): Promise<AvatarSummary[]> {
  const avatars = mergeAvatars(await askAll(agentUrl, fetchList));
  return avatars.map((avatar) =>
    avatar.thumbnail === undefined
      ? avatar
      : { ...avatar, thumbnail: `/api/avatars/${avatar.id}/thumbnail` },
  );
}

/** Sessions and timings of all agents together. */
export async function fetchAgentStatus(agentUrl: string): Promise<AgentStatus> {
  return mergeStatuses(
    await askAll(agentUrl, (address) => getJson(address, '/status', agentStatusSchema)),
  );
}

/**
 * JPEG bytes of an avatar's picture, from the first agent that has it.
 * @throws AvatarError AVATAR_NOT_FOUND when the avatar or its picture does not exist.
 */
export async function fetchThumbnail(agentUrl: string, avatarId: string): Promise<ArrayBuffer> {
  const lists = await askAll(agentUrl, async (address) => ({
    address,
    avatars: await fetchList(address),
  }));
  const places = lists.flatMap(({ address, avatars }) => {
    const path = avatars.find(({ id }) => id === avatarId)?.thumbnail;
    // Only a path below the agent's own origin: `//host/…` would lead elsewhere.
    return path !== undefined && /^\/(?!\/)/.test(path) ? [{ address, path }] : [];
  });
  const [place] = places;
  if (place === undefined) {
    throw new AvatarError('AVATAR_NOT_FOUND', `Avatar "${avatarId}" has no picture.`);
  }
  const { address, path } = place;
  const response = await get(address, path);
  if (!response.ok) throw unavailable(address, `${path} answered ${response.status}`);
  const bytes = await response.arrayBuffer();
  if (bytes.byteLength > MAX_THUMBNAIL_BYTES) {
    throw unavailable(address, `${path} is ${bytes.byteLength} bytes`);
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
