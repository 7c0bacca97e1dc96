/** The room in which a browser tests its way to LiveKit: empty, private, gone after moments, never with an agent. */
import { AccessToken, TrackSource, type VideoGrant } from 'livekit-server-sdk';
import { randomBytes } from 'node:crypto';
import type { DoctorSession } from './doctor-contract.ts';
import { ask, roomClient } from './livekit.ts';
import { publicLivekitUrl, type RequestOrigin } from './public-livekit-url.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { Limits } from './request-limits.ts';
import type { Settings } from './settings.ts';

/** Life of both tokens, seconds: a whole check takes less than a minute even when everything times out. */
export const DOCTOR_TOKEN_TTL_S = 120;

/** One sender and one listener. Between two attempts nobody is in the room for a moment. */
const ROOM = { emptyTimeout: 30, departureTimeout: 30, maxParticipants: 2 } as const;

/** New checks. People press "again" a few times; a check opens some six connections. */
export const DOCTOR_LIMITS: Limits = {
  perAddress: new RateLimiter({ burst: 12, perSecond: 0.2 }),
  inAll: new RateLimiter({ burst: 60, perSecond: 4 }),
};

/** Make the room and its two tokens. @throws AvatarError LIVEKIT_UNAVAILABLE */
export async function openDoctorSession(
  settings: Settings,
  origin: RequestOrigin,
): Promise<DoctorSession> {
  const room = `doctor-${randomBytes(16).toString('base64url')}`;
  await ask(settings, () => roomClient(settings).createRoom({ name: room, ...ROOM }));
  const [senderToken, listenerToken] = await signDoctorTokens(settings, room);
  return {
    serverUrl: publicLivekitUrl(settings.publicLivekitUrl, settings.livekitUrl, origin),
    senderToken,
    listenerToken,
  };
}

/** Tokens of the sender and the listener, with the least grants each. */
export function signDoctorTokens(
  { apiKey, apiSecret }: Pick<Settings, 'apiKey' | 'apiSecret'>,
  room: string,
): Promise<[sender: string, listener: string]> {
  const sign = (identity: string, grant: VideoGrant): Promise<string> => {
    const token = new AccessToken(apiKey, apiSecret, { identity, ttl: DOCTOR_TOKEN_TTL_S });
    token.addGrant({ roomJoin: true, room, canPublishData: false, ...grant });
    return token.toJwt();
  };
  return Promise.all([
    sign('sender', {
      canPublish: true,
      canPublishSources: [TrackSource.CAMERA],
      canSubscribe: false,
    }),
    sign('listener', { canPublish: false, canSubscribe: true }),
  ]);
}
