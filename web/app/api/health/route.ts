import { refuseOtherMethods, respondJson } from '../../../server/respond.ts';

export const dynamic = 'force-dynamic';

/** The page's server runs. Asks nobody, so that it always answers at once. */
export function GET(): Response {
  return respondJson({ status: 'ok' });
}

const refuse = refuseOtherMethods('GET');
export { refuse as POST, refuse as PUT, refuse as PATCH, refuse as DELETE };
