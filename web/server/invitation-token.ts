/** The signed thing behind an invitation link: it admits to one room, for a day at most, and is nothing else. */
import {
  INVITATION_AUDIENCE,
  invitationClaimsSchema,
  type Invitation,
} from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import { SignJWT, errors, jwtVerify } from 'jose';
import type { Settings } from './settings.ts';

/** Life of an invitation, seconds. The room ends earlier when everybody has left. */
export const INVITATION_TTL_S = 24 * 3600;

type Keys = Pick<Settings, 'apiSecret'>;

/** What an invitation says. */
export type InvitationClaims = { readonly room: string; readonly expiresAtS: number };

/** Invite to a room. Without an issuer and a grant: LiveKit refuses it as a participant token. */
export async function signInvitation(
  { apiSecret }: Keys,
  room: string,
  nowMs = Date.now(),
): Promise<Invitation> {
  const issuedS = Math.floor(nowMs / 1000);
  const invitation = await new SignJWT({ room })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setAudience(INVITATION_AUDIENCE)
    .setIssuedAt(issuedS)
    .setExpirationTime(issuedS + INVITATION_TTL_S)
    .sign(new TextEncoder().encode(apiSecret));
  return { invitation, expires_at: issuedS + INVITATION_TTL_S };
}

/** Read an invitation of ours. @throws AvatarError INVITATION_INVALID when expired, altered or foreign. */
export async function verifyInvitation(
  { apiSecret }: Keys,
  token: string,
): Promise<InvitationClaims> {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(apiSecret), {
      algorithms: ['HS256'],
      audience: INVITATION_AUDIENCE,
      requiredClaims: ['exp'],
    });
    const { room, exp } = invitationClaimsSchema.parse(payload);
    return { room, expiresAtS: exp };
  } catch (cause) {
    throw new AvatarError(
      'INVITATION_INVALID',
      cause instanceof errors.JWTExpired
        ? 'This invitation has expired: it was valid for a day. Ask for a new one.'
        : 'This invitation is incomplete or not from this service. Ask for the link again.',
      { cause },
    );
  }
}
