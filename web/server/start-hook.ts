/** Run by the framework's start hook: note who connects, and stop when the settings are unsafe. */
import { toAvatarError } from '@live-avatar/agent/errors';
import { startMetricsServer } from './metrics-server.ts';
import { notePeerAddresses } from './peer-address.ts';
import { resumeRecordings } from './recording.ts';
import { readMetricsAddress, readRecording, readSettings } from './settings.ts';
import { requireSafeSettings } from './startup.ts';

/** Begin, or end the process with one sentence that names setting and cure. */
export function startServer(): void {
  notePeerAddresses();
  try {
    requireSafeSettings();
    const metrics = readMetricsAddress();
    if (metrics !== undefined) startMetricsServer(metrics, dieOfMetrics);
    const recording = readRecording();
    if (recording !== undefined) void resumeRecordings(readSettings(), recording);
  } catch (thrown) {
    die(toAvatarError(thrown).message);
  }
}

function dieOfMetrics({ message }: Error): never {
  die(`METRICS_HOST and METRICS_PORT: ${message}. Choose a free port, or leave METRICS_PORT out.`);
}

function die(reason: string): never {
  // eslint-disable-next-line no-console -- the last words of a server that does not start
  console.error(`The page does not start. ${reason}`);
  process.exit(1);
}
