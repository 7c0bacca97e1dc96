/**
 * A user without a browser: asks the page's API for a session as any client does, joins, speaks into a microphone and
 * receives the avatar's picture and voice. Cheap enough that the measurement does not disturb what it measures.
 */
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoStream,
  type RemoteTrack,
} from '@livekit/rtc-node';
import type { SessionGrant } from '@live-avatar/agent/contract';

const RATE_HZ = 48_000;
const CHUNK_SAMPLES = RATE_HZ / 50;
/** The page asks after 2 s at first, then every 5 s (web/hooks/session-state.ts). */
const ASK_AGAIN_MS = 5000;

/** What a client wants to know of the avatar's media. Times are performance.now() of arrival, ms. */
export type MediaTaps = {
  /** A decoded picture; `data` is I420 and valid during the call only. */
  onVideo?(frame: { data: Uint8Array; width: number; height: number }, atMs: number): void;
  /** 10 ms of 48 kHz mono. */
  onAudio?(samples: Int16Array, atMs: number): void;
  /** 20 ms of the microphone, handed over for sending; `endMs` is when its last sample leaves. */
  onSpoken?(samples: Int16Array, endMs: number): void;
};

/** Ask for a session; waits as told by Retry-After when a limit is met. @throws Error with the service's answer */
export async function requestSession(
  pageUrl: string,
  apiKey: string,
  avatar: string,
): Promise<SessionGrant> {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`${pageUrl}/api/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ avatar }),
      signal: AbortSignal.timeout(30_000),
    });
    if (response.ok) return (await response.json()) as SessionGrant;
    const text = await response.text();
    const waitS = Number(response.headers.get('retry-after') ?? Number.NaN);
    if (Number.isNaN(waitS) || attempt >= 10) throw new Error(`${response.status} ${text}`);
    await new Promise((resolve) => setTimeout(resolve, waitS * 1000));
  }
}

/** Ask again for an avatar that does not come, as the page does: LiveKit offers a job once only. */
async function requestAgain(pageUrl: string, grant: SessionGrant): Promise<void> {
  await fetch(`${pageUrl}/api/sessions/redispatch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ participant_token: grant.participant_token }),
    signal: AbortSignal.timeout(30_000),
  });
}

/** See the head of this file. */
export class LightClient {
  readonly #room = new Room();
  readonly #pageUrl: string;
  readonly #grant: SessionGrant;
  readonly #taps: MediaTaps;
  readonly #cancels: (() => Promise<void>)[] = [];
  #source: AudioSource | undefined;
  #left = false;
  /** Decoded pictures so far. */
  frames = 0;
  /** Received 10 ms blocks of sound so far. */
  audioBlocks = 0;
  /** How often the avatar had to be asked for again. */
  askedAgain = 0;
  /** Why the room was lost; undefined while connected or after `leave`. */
  lost: string | undefined;

  private constructor(pageUrl: string, grant: SessionGrant, taps: MediaTaps) {
    this.#pageUrl = pageUrl;
    this.#grant = grant;
    this.#taps = taps;
    this.#room.on(RoomEvent.TrackSubscribed, (track) => {
      void (track.kind === TrackKind.KIND_VIDEO ? this.#watch(track) : this.#listen(track));
    });
    this.#room.on(RoomEvent.Disconnected, (reason) => {
      if (!this.#left) this.lost = `disconnected (${reason})`;
    });
  }

  /** Join the room of a grant from the page at `pageUrl`. */
  static async join(
    pageUrl: string,
    grant: SessionGrant,
    taps: MediaTaps = {},
  ): Promise<LightClient> {
    const client = new LightClient(pageUrl, grant, taps);
    await client.#room.connect(grant.server_url, grant.participant_token, {
      autoSubscribe: true,
      dynacast: false,
    });
    return client;
  }

  /** Publish a microphone and loop `samples` (48 kHz mono) into it until `leave`. Resolves once published. */
  async speak(samples: Int16Array): Promise<void> {
    const source = new AudioSource(RATE_HZ, 1, 100);
    this.#source = source;
    await this.#room.localParticipant!.publishTrack(
      LocalAudioTrack.createAudioTrack('microphone', source),
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
    );
    void this.#pump(source, samples);
  }

  /** Wait for the first picture and sound. @throws Error when they do not come in time or the room is lost */
  async media(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let askAtMs = performance.now() + ASK_AGAIN_MS;
    while (this.frames === 0 || this.audioBlocks === 0) {
      if (this.lost !== undefined) throw new Error(this.lost);
      if (this.frames === 0 && performance.now() > askAtMs) {
        this.askedAgain++;
        // A full service or a limit answers with an error: the next attempt is the answer to that.
        await requestAgain(this.#pageUrl, this.#grant).catch(() => undefined);
        askAtMs = performance.now() + ASK_AGAIN_MS;
      }
      if (performance.now() > deadline) {
        const what = this.frames === 0 ? 'no picture' : 'no sound';
        throw new Error(`${what} within ${timeoutMs / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Say goodbye and free everything. */
  async leave(): Promise<void> {
    this.#left = true;
    await Promise.all(this.#cancels.map((cancel) => cancel().catch(() => undefined)));
    await this.#room.disconnect();
    await this.#source?.close().catch(() => undefined);
  }

  async #pump(source: AudioSource, samples: Int16Array): Promise<void> {
    const usable = samples.length - (samples.length % CHUNK_SAMPLES);
    try {
      for (let at = 0; !this.#left; at = (at + CHUNK_SAMPLES) % usable) {
        const chunk = samples.slice(at, at + CHUNK_SAMPLES);
        this.#taps.onSpoken?.(chunk, performance.now() + source.queuedDuration + 20);
        // Waits while the source's queue is full: real time.
        await source.captureFrame(new AudioFrame(chunk, RATE_HZ, 1, CHUNK_SAMPLES));
      }
    } catch (error) {
      if (!this.#left) this.lost ??= `the microphone failed: ${String(error)}`;
    }
  }

  async #watch(track: RemoteTrack): Promise<void> {
    const reader = new VideoStream(track).getReader();
    this.#cancels.push(() => reader.cancel());
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const atMs = performance.now();
      const { width, height, data } = value.frame;
      this.frames++;
      this.#taps.onVideo?.({ data, width, height }, atMs);
    }
  }

  async #listen(track: RemoteTrack): Promise<void> {
    const options = { sampleRate: RATE_HZ, numChannels: 1, frameSizeMs: 10 };
    const reader = new AudioStream(track, options).getReader();
    this.#cancels.push(() => reader.cancel());
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.audioBlocks++;
      this.#taps.onAudio?.(value.data, performance.now());
    }
  }
}
