/**
 * A user of the benchmark, in a process of its own: asks the page's API for a session, joins, speaks a clip in a loop
 * (or is silent) and counts the avatar's frames. Prints one JSON line per second: {second, frames}.
 * argv: page URL, avatar id, clip, optionally `silent`.
 */
import { readFileSync } from 'node:fs';
import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoStream,
} from '@livekit/rtc-node';

const [pageUrl, avatar, clipPath, silent] = process.argv.slice(2);
if (!pageUrl || !avatar || !clipPath) throw new Error('usage: participant.ts PAGE_URL AVATAR CLIP');

const bytes = readFileSync(clipPath);
const sampleRateHz = bytes.readUInt32LE(24);
const clip = new Int16Array(
  bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length - (bytes.length % 2)),
);

if (silent === 'silent') clip.fill(0);

const response = await fetch(`${pageUrl}/api/sessions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ avatar }),
});
if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
const grant = (await response.json()) as { server_url: string; participant_token: string };

const started = performance.now();
let frames = 0;
let first = Number.NaN;
const room = new Room();
room.on(RoomEvent.TrackSubscribed, (track) => {
  if (track.kind !== TrackKind.KIND_VIDEO) return;
  void (async () => {
    for await (const { frame } of new VideoStream(track)) {
      if (Number.isNaN(first)) first = performance.now() - started;
      if (frame.width > 0) frames++;
    }
  })();
});
await room.connect(grant.server_url, grant.participant_token, {
  autoSubscribe: true,
  dynacast: false,
});
const source = new AudioSource(sampleRateHz, 1, 100);
const options = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
await room.localParticipant!.publishTrack(LocalAudioTrack.createAudioTrack('mic', source), options);

let second = 0;
setInterval(() => {
  process.stdout.write(`${JSON.stringify({ second: second++, frames, firstFrameMs: first })}\n`);
  frames = 0;
}, 1000);
process.on('SIGTERM', () => void room.disconnect().finally(() => process.exit(0)));

const samplesPer20Ms = sampleRateHz / 50;
for (let at = 0; ; at = (at + samplesPer20Ms) % (clip.length - samplesPer20Ms)) {
  await source.captureFrame(
    new AudioFrame(clip.slice(at, at + samplesPer20Ms), sampleRateHz, 1, samplesPer20Ms),
  );
}
