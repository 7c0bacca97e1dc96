/** A participant as a browser would be one: speaks into the room and measures what the avatar sends back. */
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  RpcError,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoStream,
} from '@livekit/rtc-node';
import type { RemoteParticipant, RemoteTrack } from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import type { TestLivekitServer } from './livekit-server.ts';
import { waitFor } from './processes.ts';

const RATE_HZ = 48_000;
const CHUNK_MS = 20;
const CHUNK_SAMPLES = (RATE_HZ * CHUNK_MS) / 1000;

/** One decoded video frame of the avatar: when, how large, and the mean luma of its centre. */
export type SeenFrame = { atMs: number; width: number; height: number; luma: number };
/** 10 ms of the avatar's audio: when, and its peak (0–1). */
export type HeardChunk = { atMs: number; peak: number };

/** Loudness over time: amplitude (0–1) at `tMs` since the microphone started. */
export type Pattern = (tMs: number) => number;
/** A 1 kHz beep of 100 ms in the middle of each second. */
export const beeps: Pattern = (tMs) => (tMs % 1000 >= 500 && tMs % 1000 < 600 ? 0.6 : 0);
export const silence: Pattern = () => 0;

/** See the head of this file. */
export class RoomUser {
  readonly room = new Room();
  readonly identity: string;
  readonly seen: SeenFrame[] = [];
  readonly heard: HeardChunk[] = [];
  /** When each beep's first sample left the microphone, ms. */
  readonly spoken: number[] = [];
  joinedAtMs = 0;
  #speaking = false;
  #pattern: Pattern = silence;

  private constructor(identity: string) {
    this.identity = identity;
    this.room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
      if (!participant.identity.startsWith('avatar-')) return;
      const receive =
        track.kind === TrackKind.KIND_VIDEO ? this.#watch(track) : this.#listen(track);
      // A track may be gone before its stream is made: its avatar was put out.
      receive.catch(() => undefined);
    });
  }

  static async join(
    livekit: TestLivekitServer,
    roomName: string,
    identity: string,
  ): Promise<RoomUser> {
    const token = new AccessToken(livekit.apiKey, livekit.apiSecret, { identity, ttl: '10m' });
    token.addGrant({ roomJoin: true, room: roomName, canPublish: true, canSubscribe: true });
    return RoomUser.enter(livekit.url, await token.toJwt(), identity);
  }

  /** Join with a token that somebody else has signed. */
  static async enter(url: string, token: string, identity: string): Promise<RoomUser> {
    const user = new RoomUser(identity);
    await user.room.connect(url, token, { autoSubscribe: true, dynacast: false });
    user.joinedAtMs = performance.now();
    return user;
  }

  /** The avatar, if it is in the room. */
  get avatar(): RemoteParticipant | undefined {
    return [...this.room.remoteParticipants.values()].find(({ identity }) =>
      identity.startsWith('avatar-'),
    );
  }

  /** Wait for the avatar's first picture. */
  async firstFrame(timeoutMs = 15_000): Promise<SeenFrame> {
    return await waitFor('first frame of the avatar', () => this.seen[0], timeoutMs, 10);
  }

  /** Publish a microphone that plays `pattern` on a 1 kHz tone until `leave`. Call again to change the pattern. */
  async speak(pattern: Pattern): Promise<void> {
    this.#pattern = pattern;
    if (this.#speaking) return;
    this.#speaking = true;
    const source = new AudioSource(RATE_HZ, 1, 100);
    const track = LocalAudioTrack.createAudioTrack('microphone', source);
    await this.room.localParticipant!.publishTrack(
      track,
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE, dtx: false }),
    );
    void this.#runMicrophone(source);
  }

  /** Call a method of the avatar. @throws RpcError */
  async rpc(method: string, payload: unknown, timeoutMs = 10_000): Promise<unknown> {
    const avatar = await waitFor('the avatar is in the room', () => this.avatar);
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const answer = await this.room.localParticipant!.performRpc({
      destinationIdentity: avatar.identity,
      method,
      payload: text,
      responseTimeout: timeoutMs,
    });
    return JSON.parse(answer);
  }

  /** The ErrorCode a call is refused with; undefined when it is not. */
  async rpcErrorCode(method: string, payload: unknown): Promise<string | undefined> {
    try {
      await this.rpc(method, payload);
      return undefined;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return error.data
        ? (JSON.parse(error.data) as { code: string }).code
        : `RPC ${Number(error.code)}`;
    }
  }

  /** Frames per second over the last `windowMs`. */
  fps(windowMs: number): number {
    const since = performance.now() - windowMs;
    return this.seen.filter(({ atMs }) => atMs >= since).length / (windowMs / 1000);
  }

  async leave(): Promise<void> {
    this.#speaking = false;
    await this.room.disconnect();
  }

  async #runMicrophone(source: AudioSource): Promise<void> {
    const startMs = performance.now();
    let wasLoud = false;
    for (let k = 0; this.#speaking; k++) {
      const samples = new Int16Array(CHUNK_SAMPLES);
      for (let i = 0; i < CHUNK_SAMPLES; i++) {
        const n = k * CHUNK_SAMPLES + i;
        const amplitude = this.#pattern((n * 1000) / RATE_HZ);
        samples[i] = 32_000 * amplitude * Math.sin((2 * Math.PI * 1000 * n) / RATE_HZ);
      }
      const isLoud = this.#pattern(k * CHUNK_MS) > 0;
      if (isLoud && !wasLoud) this.spoken.push(performance.now() + source.queuedDuration);
      wasLoud = isLoud;
      await source.captureFrame(new AudioFrame(samples, RATE_HZ, 1, CHUNK_SAMPLES)).catch(() => {
        this.#speaking = false;
      });
      const waitMs = startMs + (k + 1) * CHUNK_MS - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async #watch(track: RemoteTrack): Promise<void> {
    for await (const { frame } of new VideoStream(track)) {
      const { data, width, height } = frame;
      let sum = 0;
      let count = 0;
      // Every fourth pixel of the middle fifth is enough for a mean.
      for (let y = Math.floor(height * 0.4); y < height * 0.6; y += 4) {
        for (let x = Math.floor(width * 0.4); x < width * 0.6; x += 4) {
          sum += data[y * width + x]!;
          count += 1;
        }
      }
      this.seen.push({ atMs: performance.now(), width, height, luma: sum / count });
    }
  }

  async #listen(track: RemoteTrack): Promise<void> {
    const stream = new AudioStream(track, { sampleRate: RATE_HZ, numChannels: 1, frameSizeMs: 10 });
    for await (const { data } of stream) {
      let peak = 0;
      for (const sample of data) peak = Math.max(peak, Math.abs(sample));
      this.heard.push({ atMs: performance.now(), peak: peak / 32_768 });
    }
  }
}

/** Times at which a series rises over `threshold` after at least `quietMs` below it. */
export function onsets(
  series: readonly { atMs: number; value: number }[],
  threshold: number,
  quietMs: number,
): number[] {
  const times: number[] = [];
  let lastLoudMs = Number.NEGATIVE_INFINITY;
  for (const { atMs, value } of series) {
    if (value < threshold) continue;
    if (atMs - lastLoudMs > quietMs) times.push(atMs);
    lastLoudMs = atMs;
  }
  return times;
}

/** For each of `from`, the distance to the nearest of `to` that is within `limitMs`, ms. */
export function distances(
  from: readonly number[],
  to: readonly number[],
  limitMs: number,
): number[] {
  return from.flatMap((atMs) => {
    const nearest = to
      .map((other) => other - atMs)
      .sort((a, b) => Math.abs(a) - Math.abs(b))
      .find((distance) => Math.abs(distance) < limitMs);
    return nearest === undefined ? [] : [nearest];
  });
}

/** Middle value of `values`; NaN when there is none, which no comparison passes. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
