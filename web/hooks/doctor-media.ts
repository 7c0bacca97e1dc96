/** A moving test picture to LiveKit and back: what is left of it says whether sound and picture can be good. */
import { Room, RoomEvent, Track, type RemoteTrack } from 'livekit-client';
import type { DoctorSession } from '../server/doctor-contract.ts';
import { linkFailure } from './doctor-link.ts';
import type { LinkFailure, MediaFacts } from './doctor-types.ts';

/** As an avatar: size, rate and codec of the usual picture. */
const SIZE_PX = 512;
const FPS = 25;
const MAX_BITRATE_BPS = 1_000_000;
/** Encoder and bandwidth estimation settle first, ms. */
const SETTLE_MS = 1500;
const MEASURE_MS = 3000;
const ARRIVAL_TIMEOUT_MS = 8000;

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const over = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', over, { once: true });
  });

/** Send a picture as one participant, receive it as another. Never throws. */
export async function measureMedia(
  { serverUrl, senderToken, listenerToken }: DoctorSession,
  signal: AbortSignal,
): Promise<MediaFacts | LinkFailure> {
  const options = {
    disconnectOnPageLeave: true,
    reconnectPolicy: { nextRetryDelayInMs: () => null },
  };
  const [sender, listener] = [new Room(options), new Room(options)];
  const picture = movingPicture();
  const arrived = new Promise<RemoteTrack>((resolve) => {
    listener.once(RoomEvent.TrackSubscribed, resolve);
  });
  try {
    const connectOptions = { maxRetries: 0, peerConnectionTimeout: ARRIVAL_TIMEOUT_MS };
    await listener.connect(serverUrl, listenerToken, connectOptions);
    await sender.connect(serverUrl, senderToken, connectOptions);
    const published = await sender.localParticipant.publishTrack(picture.track, {
      source: Track.Source.Camera,
      simulcast: false,
      videoCodec: 'vp8',
      videoEncoding: { maxBitrate: MAX_BITRATE_BPS, maxFramerate: FPS },
    });
    const timeout = sleep(ARRIVAL_TIMEOUT_MS, signal).then(() => null);
    const received = await Promise.race([arrived, timeout]);
    if (received === null) throw new Error('the test picture did not come back');
    let wasHidden = document.hidden;
    const onHidden = (): void => void (wasHidden = true);
    document.addEventListener('visibilitychange', onHidden);
    await sleep(SETTLE_MS, signal);
    const before = await received.getRTCStatsReport();
    await sleep(MEASURE_MS, signal);
    const after = await received.getRTCStatsReport();
    const up = await published.track?.getRTCStatsReport();
    document.removeEventListener('visibilitychange', onHidden);
    return { ...mediaFacts(before, after, up), wasHidden };
  } catch (thrown) {
    return linkFailure(thrown, 'media');
  } finally {
    picture.stop();
    await Promise.all([sender.disconnect(), listener.disconnect()]);
  }
}

/** A canvas in which everything moves, so that there is something to encode. */
function movingPicture(): { track: MediaStreamTrack; stop: () => void } {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIZE_PX;
  const draw = canvas.getContext('2d');
  let frame = 0;
  const timer = setInterval(() => {
    if (draw === null) return;
    frame += 1;
    for (let y = 0; y < SIZE_PX; y += 32) {
      for (let x = 0; x < SIZE_PX; x += 32) {
        draw.fillStyle = `hsl(${(x * 7 + y * 3 + frame * 9) % 360} 60% ${30 + ((x + frame * 5) % 40)}%)`;
        draw.fillRect(x, y, 32, 32);
      }
    }
  }, 1000 / FPS);
  const [track] = canvas.captureStream(FPS).getVideoTracks();
  if (track === undefined) throw new Error('a canvas gave no video track');
  const stop = (): void => {
    clearInterval(timer);
    track.stop();
  };
  return { track, stop };
}

type Inbound = RTCInboundRtpStreamStats & { codecId?: string };

type Remote = RTCStats & { fractionLost?: number; roundTripTime?: number };

function find(report: RTCStatsReport | undefined, type: string): RTCStats | undefined {
  return [...(report?.values() ?? [])].find((stat: RTCStats) => stat.type === type) as
    RTCStats | undefined;
}

function mediaFacts(
  before: RTCStatsReport | undefined,
  after: RTCStatsReport | undefined,
  up: RTCStatsReport | undefined,
): Omit<MediaFacts, 'wasHidden'> {
  const first = find(before, 'inbound-rtp') as Inbound | undefined;
  const last = find(after, 'inbound-rtp') as Inbound | undefined;
  const remote = find(up, 'remote-inbound-rtp') as Remote | undefined;
  const codec = after?.get(last?.codecId ?? '') as { mimeType?: string } | undefined;
  const seconds = ((last?.timestamp ?? 0) - (first?.timestamp ?? 0)) / 1000 || MEASURE_MS / 1000;
  const frames = (last?.framesDecoded ?? 0) - (first?.framesDecoded ?? 0);
  const bytes = (last?.bytesReceived ?? 0) - (first?.bytesReceived ?? 0);
  const lost = (last?.packetsLost ?? 0) - (first?.packetsLost ?? 0);
  const packets = (last?.packetsReceived ?? 0) - (first?.packetsReceived ?? 0);
  return {
    framesDecoded: last?.framesDecoded ?? 0,
    bytesReceived: last?.bytesReceived ?? 0,
    seconds,
    fps: frames / seconds,
    kbitPerS: (bytes * 8) / 1000 / seconds,
    widthPx: last?.frameWidth ?? 0,
    codec: codec?.mimeType?.replace('video/', '') ?? '',
    lossUpRatio: remote?.fractionLost ?? null,
    // Retransmissions can make the count of lost packets shrink.
    lossDownRatio: packets + lost > 0 ? Math.max(0, lost) / (packets + lost) : 0,
    jitterMs: (last?.jitter ?? 0) * 1000,
    rttMs: remote?.roundTripTime === undefined ? null : remote.roundTripTime * 1000,
  };
}
