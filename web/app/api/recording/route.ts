import { countedAddress } from '../../../server/guard.ts';
import { readJsonBody } from '../../../server/read-json-body.ts';
import { recordingActionSchema } from '../../../server/recording-contract.ts';
import { RECORDING_LIMITS, actOnRecording } from '../../../server/recording.ts';
import { enforceLimits } from '../../../server/request-limits.ts';
import { handled, refuseOtherMethods, respondJson } from '../../../server/respond.ts';
import { readRecording, readSettings } from '../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/**
 * Ask to record the room one is in, answer such a request, or stop a recording. The participant's token and their
 * presence in the room are the proof, in every access mode: whoever is recorded can always withdraw.
 */
export const POST = handled(async (request: Request) => {
  enforceLimits(RECORDING_LIMITS, countedAddress(request.headers));
  const body = await readJsonBody(request, recordingActionSchema);
  return respondJson(await actOnRecording(readSettings(), readRecording(), body));
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
