/** Run by the framework's start hook: note who connects, and stop when the settings are unsafe. */
import { toAvatarError } from '@live-avatar/agent/errors';
import { notePeerAddresses } from './peer-address.ts';
import { resumeRecordings } from './recording.ts';
import { readRecording, readSettings } from './settings.ts';
import { requireSafeSettings } from './startup.ts';

/** Begin, or end the process with one sentence that names setting and cure. */
export function startServer(): void {
  notePeerAddresses();
  try {
    requireSafeSettings();
    const recording = readRecording();
    if (recording !== undefined) void resumeRecordings(readSettings(), recording);
  } catch (thrown) {
    // eslint-disable-next-line no-console -- the last words of a server that does not start
    console.error(`The page does not start. ${toAvatarError(thrown).message}`);
    process.exit(1);
  }
}
