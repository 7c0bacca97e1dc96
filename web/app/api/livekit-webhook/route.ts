import { countedAddress } from '../../../server/guard.ts';
import { actOnEvent, receiveEvent } from '../../../server/livekit-webhook.ts';
import { handled, refuseOtherMethods, respondJson } from '../../../server/respond.ts';
import { readRecording, readSettings } from '../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** What LiveKit says about its rooms. Its signature is the proof, in every access mode: it has no passcode. */
export const POST = handled(async (request: Request) => {
  const settings = readSettings();
  const event = await receiveEvent(settings, request, countedAddress(request.headers));
  // Not awaited: LiveKit sends the next event of a room after this answer.
  void actOnEvent(settings, readRecording(), event);
  return respondJson({ received: true });
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
