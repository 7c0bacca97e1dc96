import { AvatarError } from '@live-avatar/agent/errors';
import { HttpError, handled } from '../../../server/respond.ts';

/** Any other path below /api: an ErrorBody instead of a page. */
const notFound = handled(() =>
  Promise.reject(
    new HttpError(new AvatarError('REQUEST_INVALID', 'There is no such API route.'), {
      status: 404,
    }),
  ),
);
export {
  notFound as GET,
  notFound as POST,
  notFound as PUT,
  notFound as PATCH,
  notFound as DELETE,
};
