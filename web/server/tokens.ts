/** The two signed things a session needs: the participant's room token and the agent's dispatch claims. */
import { DISPATCH_AUDIENCE, avatarIdSchema } from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import { SignJWT } from 'jose';
import { AccessToken, TokenVerifier, TrackSource } from 'livekit-server-sdk';
import { z } from 'zod';
import { noteTokenIssued } from './metrics.ts';
import type { Settings } from './settings.ts';

/** Life of a participant token, seconds. The first connect needs it, and asking for an avatar or an invitation later. */
export const PARTICIPANT_TOKEN_TTL_S = 15 * 60;
/** Life of dispatch claims, seconds: a worker takes a job within moments or never. */
export const DISPATCH_TOKEN_TTL_S = 120;

/** Who drives which avatar in which room. */
export type Seat = {
  readonly room: string;
  /** Identity of the driving participant. */
  readonly participant: string;
  readonly avatar: string;
};

type Keys = Pick<Settings, 'apiKey' | 'apiSecret'>;

/** Token of the person: one room, microphone only, no administration. The first avatar travels as metadata. */
export function signParticipantToken(
  { apiKey, apiSecret }: Keys,
  seat: Seat,
  name?: string,
): Promise<string> {
  const token = new AccessToken(apiKey, apiSecret, {
    identity: seat.participant,
    ttl: PARTICIPANT_TOKEN_TTL_S,
    metadata: JSON.stringify({ avatar: seat.avatar }),
    ...(name === undefined ? {} : { name }),
  });
  token.addGrant({
    roomJoin: true,
    room: seat.room,
    canPublish: true,
    canPublishSources: [TrackSource.MICROPHONE],
    canSubscribe: true,
    // RPC to the avatar travels as data.
    canPublishData: true,
    canUpdateOwnMetadata: false,
  });
  noteTokenIssued();
  return token.toJwt();
}

const participantClaimsSchema = z.object({
  sub: z.string().min(1),
  name: z.string().optional(),
  video: z.object({ roomJoin: z.literal(true), room: z.string().min(1) }),
  metadata: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(z.object({ avatar: avatarIdSchema })),
});

/** A seat, and the name the person gave. */
export type NamedSeat = Seat & { readonly name: string | undefined };

/** Read back a token of ours. @throws AvatarError UNAUTHORIZED when foreign, altered or expired. */
export async function verifyParticipantToken(
  { apiKey, apiSecret }: Keys,
  token: string,
): Promise<NamedSeat> {
  try {
    const claims = participantClaimsSchema.parse(
      await new TokenVerifier(apiKey, apiSecret).verify(token),
    );
    return {
      room: claims.video.room,
      participant: claims.sub,
      avatar: claims.metadata.avatar,
      name: claims.name === '' ? undefined : claims.name,
    };
  } catch (cause) {
    throw new AvatarError(
      'UNAUTHORIZED',
      'The participant token is expired or not from this service. Leave and join again.',
      { cause },
    );
  }
}

/** Metadata of a dispatch: only a holder of the API secret can bind an avatar to a participant. */
export function signDispatchClaims({ apiSecret }: Keys, seat: Seat): Promise<string> {
  return new SignJWT({ room: seat.room, participant: seat.participant, avatar: seat.avatar })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setAudience(DISPATCH_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(`${DISPATCH_TOKEN_TTL_S}s`)
    .sign(new TextEncoder().encode(apiSecret));
}
