import { AvatarError } from '@live-avatar/agent/errors';
import { z } from 'zod';
import { checkPasscode } from '../../../server/access.ts';
import { countedAddress } from '../../../server/guard.ts';
import { accessCookie } from '../../../server/passcode.ts';
import { requestOrigin } from '../../../server/public-livekit-url.ts';
import { readJsonBody } from '../../../server/read-json-body.ts';
import { HttpError, handled, refuseOtherMethods, respondJson } from '../../../server/respond.ts';
import { isPublicUrlSecure, readAccess } from '../../../server/settings.ts';

export const dynamic = 'force-dynamic';

const passcodeSchema = z.strictObject({ passcode: z.string().min(1).max(256) });

/** Exchange the passcode for the cookie that remembers it. */
export const POST = handled(async (request: Request) => {
  const access = readAccess();
  if (access.mode !== 'passcode') {
    const message = `This service asks for no passcode (ACCESS_MODE=${access.mode}).`;
    throw new HttpError(new AvatarError('REQUEST_INVALID', message), { status: 404 });
  }
  const { passcode } = await readJsonBody(request, passcodeSchema);
  checkPasscode(access, passcode, countedAddress(request.headers).address);
  const secure = isPublicUrlSecure() || requestOrigin(request.headers, request.url).secure;
  const answer = respondJson({ granted: true });
  answer.headers.set('Set-Cookie', await accessCookie(access, secure));
  return answer;
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
