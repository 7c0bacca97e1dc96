/** Recording for the people of a room: asking, agreeing, declining, stopping. */
import { AvatarError } from '@live-avatar/agent/errors';
import { randomBytes } from 'node:crypto';
import { TokenVerifier } from 'livekit-server-sdk';
import { z } from 'zod';
import { fetchAgentStatus } from './agent-client.ts';
import { RateLimiter } from './rate-limiter.ts';
import {
  RECORDING_ATTRIBUTES,
  type RecordingAction,
  type RecordingAnswer,
} from './recording-contract.ts';
import type { RecordingSettings } from './recording-settings.ts';
import { RecordingWatch } from './recording-watch.ts';
import { enforceLimits, type Limits } from './request-limits.ts';
import type { Settings } from './settings.ts';

/**
 * Tokens live 15 minutes, sessions longer, and nobody may be kept from stopping a recording by the clock. The holder
 * must also be in the room, under this token's identity.
 */
const TOKEN_TOLERANCE_S = 24 * 3600;

/** Calls of the recording API: answers of people, and a look whenever somebody comes. */
export const RECORDING_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 40, perSecond: 2 }),
  inAll: new RateLimiter({ burst: 200, perSecond: 50 }),
};
/** Being asked over and over would be pressure: three times, then once in half a minute. */
const ASKING_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 3, perSecond: 1 / 30 }),
  inAll: new RateLimiter({ burst: 100, perSecond: 10 }),
};

/**
 * Do what a person asks for. `recording` undefined: the operator has not turned it on.
 * @throws AvatarError RECORDING_OFF, RECORDING_UNAVAILABLE, UNAUTHORIZED, SESSION_CLOSED, REQUEST_INVALID,
 *   LIVEKIT_UNAVAILABLE; HttpError RATE_LIMITED.
 */
export async function actOnRecording(
  settings: Settings,
  recording: RecordingSettings | undefined,
  { participant_token: token, action, request }: RecordingAction,
): Promise<RecordingAnswer> {
  const { room, identity } = await verifyMember(settings, token);
  if (recording === undefined) {
    if (action === 'look') return { offered: false, request: null };
    throw new AvatarError(
      'RECORDING_OFF',
      'Recording is off here. The operator turns it on with RECORDING=on (docs/recording.md).',
    );
  }
  const watch = recordingWatch(settings, recording);
  if (action === 'ask') {
    enforceLimits(ASKING_LIMITS, { address: identity });
    await requirePrivateMicrophones(settings);
  }
  const open = await watch.act(room, identity, (current) => {
    switch (action) {
      case 'look':
        return null;
      case 'ask': {
        // Somebody asked a moment before: theirs is the one to answer.
        if (current !== null) return null;
        const id = randomBytes(12).toString('base64url');
        return { [RECORDING_ATTRIBUTES.asked]: id, [RECORDING_ATTRIBUTES.agreed]: id };
      }
      case 'agree':
        if (current === null || current !== request) {
          throw new AvatarError('REQUEST_INVALID', 'This request to record is over.');
        }
        return { [RECORDING_ATTRIBUTES.agreed]: current };
      case 'decline':
        return 'declined';
      case 'stop':
        return 'stopped';
    }
  });
  return { offered: true, request: open };
}

/** Somebody gets a seat in a room: what records there stops before they come in. Call before their token is given out. */
export async function stopRecordingForNewcomer(
  settings: Settings,
  recording: RecordingSettings | undefined,
  room: string,
): Promise<void> {
  if (recording === undefined) return;
  await recordingWatch(settings, recording).expectNewcomer(room);
}

/** LiveKit says that something happened in a room, or that it is gone: bring it in line with what its people agreed to. */
export async function noticeRoom(
  settings: Settings,
  recording: RecordingSettings | undefined,
  room: string,
  isGone: boolean,
): Promise<void> {
  if (recording === undefined) return;
  await recordingWatch(settings, recording).notice(room, isGone);
}

/** Take up recordings that run since before a restart; tries until LiveKit answers. */
export async function resumeRecordings(
  settings: Settings,
  recording: RecordingSettings,
): Promise<void> {
  for (;;) {
    try {
      await recordingWatch(settings, recording).resume();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000).unref());
    }
  }
}

const WATCH = Symbol.for('live-avatar.recording-watch');
type Holder = { [WATCH]?: Map<string, RecordingWatch> | undefined };

/** The one watch of this process: the framework loads a module once per bundle, so that it cannot live in one. */
function recordingWatch(settings: Settings, recording: RecordingSettings): RecordingWatch {
  const holder: Holder = globalThis as typeof globalThis & Holder;
  const watches = holder[WATCH] ?? new Map<string, RecordingWatch>();
  holder[WATCH] = watches;
  const key = JSON.stringify([settings.livekitUrl, settings.apiKey, recording]);
  const watch = watches.get(key) ?? new RecordingWatch(settings, recording);
  watches.set(key, watch);
  return watch;
}

const memberSchema = z.object({
  sub: z.string().min(1),
  video: z.object({ roomJoin: z.literal(true), room: z.string().min(1) }),
});

async function verifyMember(
  { apiKey, apiSecret }: Settings,
  token: string,
): Promise<{ room: string; identity: string }> {
  try {
    const claims = await new TokenVerifier(apiKey, apiSecret).verify(token, TOKEN_TOLERANCE_S);
    const { sub, video } = memberSchema.parse(claims);
    return { room: video.room, identity: sub };
  } catch (cause) {
    throw new AvatarError(
      'UNAUTHORIZED',
      'The participant token is not from this service. Leave and join again.',
      { cause },
    );
  }
}

/** People are asked about avatars. Where raw microphones go to everyone, that would not be the whole truth. */
async function requirePrivateMicrophones({ agentUrl }: Settings): Promise<void> {
  const { privacy } = await fetchAgentStatus(agentUrl);
  if (privacy === 'avatar-only') return;
  throw new AvatarError(
    'RECORDING_UNAVAILABLE',
    'Only avatars may be recorded, and service.privacy is "room", which sends raw microphones to everyone. Set it to avatar-only.',
  );
}
