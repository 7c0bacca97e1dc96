/** Dispatch metadata: a JWT of our page's server that binds a job to one room, participant and avatar. */
import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose';
import { DISPATCH_AUDIENCE, dispatchClaimsSchema } from '../api/contract.ts';
import type { DispatchClaims } from '../api/contract.ts';
import { AvatarError } from '../errors.ts';

/** Clocks of the page's server and of this machine may differ by this much, s. */
const CLOCK_TOLERANCE_S = 5;
/** Life of metadata that the worker signs itself, s: a worker takes a job within moments or never. */
const RENEWED_TTL_S = 120;

/**
 * Verify the metadata of a job request. @throws AvatarError UNAUTHORIZED naming what is wrong
 * @param roomName room of the job; the claims must name the same one
 */
export async function verifyDispatch(
  metadata: string,
  roomName: string,
  apiSecret: string,
): Promise<DispatchClaims> {
  const refuse = (why: string, cause?: unknown) =>
    new AvatarError('UNAUTHORIZED', `dispatch to room "${roomName}" refused: ${why}`, { cause });
  if (metadata === '') throw refuse('it carries no signed metadata; dispatch through the page');
  let payload: unknown;
  try {
    const secret = new TextEncoder().encode(apiSecret);
    ({ payload } = await jwtVerify(metadata, secret, {
      algorithms: ['HS256'],
      audience: DISPATCH_AUDIENCE,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_S,
    }));
  } catch (error) {
    throw refuse(reasonOf(error), error);
  }
  const claims = dispatchClaimsSchema.safeParse(payload);
  if (!claims.success) throw refuse('its claims are incomplete', claims.error);
  if (claims.data.room !== roomName) throw refuse(`it was signed for room "${claims.data.room}"`);
  return claims.data;
}

/** Claims of a job that the worker has accepted, i.e. verified: expiry ends the right to start, not the session. */
export function readAcceptedClaims(metadata: string): DispatchClaims {
  return dispatchClaimsSchema.parse(decodeJwt(metadata));
}

/**
 * The same claims for a replacement of a job that died: valid from now on, all else as it was.
 * @param avatar what the session showed last; undefined: as dispatched
 */
export function renewDispatch(
  metadata: string,
  apiSecret: string,
  avatar: string | undefined,
): Promise<string> {
  return new SignJWT({ ...decodeJwt(metadata), ...(avatar === undefined ? {} : { avatar }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(`${RENEWED_TTL_S}s`)
    .sign(new TextEncoder().encode(apiSecret));
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'its metadata has expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return 'its metadata was signed with another secret';
  }
  if (error instanceof errors.JWTClaimValidationFailed) return `wrong claim "${error.claim}"`;
  return 'its metadata is not a signed token';
}
