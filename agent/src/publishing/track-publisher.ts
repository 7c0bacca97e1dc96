import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoCodec,
  VideoFrame,
  VideoSource,
} from '@livekit/rtc-node';
import type { LocalParticipant } from '@livekit/rtc-node';
import { AUDIO_TRACK_NAME, VIDEO_TRACK_NAME } from '../api/contract.ts';
import { CHUNK_MS, FRAME_RATE_FPS, PUBLISH_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';
import type { AudioSink } from './audio-playout.ts';

/** Samples of one published audio chunk. */
export const PUBLISH_CHUNK_SAMPLES = (PUBLISH_SAMPLE_RATE_HZ * CHUNK_MS) / 1000;
/** Queue inside the AudioSource, ms; AudioPlayout keeps it below. */
const AUDIO_QUEUE_MS = 100;
/** Audio buffers in use at once: the queue holds five chunks, the rest is margin. */
const AUDIO_BUFFERS = 12;

/** How the tracks are published. */
export type PublishSettings = {
  readonly width: number;
  readonly height: number;
  readonly videoCodec: 'vp8' | 'h264';
  readonly videoBitrateKbps: number;
};

/** The avatar's camera and microphone tracks in the room. */
export class TrackPublisher implements AudioSink {
  readonly #videoSource: VideoSource;
  readonly #audioSource: AudioSource;
  readonly #audioFrames: AudioFrame[];
  readonly #onError: (error: unknown) => void;
  #nextAudioFrame = 0;
  #closed = false;

  private constructor(settings: PublishSettings, onError: (error: unknown) => void) {
    this.#onError = onError;
    this.#videoSource = new VideoSource(settings.width, settings.height);
    this.#audioSource = new AudioSource(PUBLISH_SAMPLE_RATE_HZ, 1, AUDIO_QUEUE_MS);
    this.#audioFrames = Array.from({ length: AUDIO_BUFFERS }, () =>
      AudioFrame.create(PUBLISH_SAMPLE_RATE_HZ, 1, PUBLISH_CHUNK_SAMPLES),
    );
  }

  /**
   * Publish both tracks. The sources are camera and microphone, so that browsers lip-sync them as one stream.
   * @param onError called when a chunk of audio cannot be sent
   */
  static async publish(
    participant: LocalParticipant,
    settings: PublishSettings,
    onError: (error: unknown) => void,
  ): Promise<TrackPublisher> {
    const publisher = new TrackPublisher(settings, onError);
    const video = LocalVideoTrack.createVideoTrack(VIDEO_TRACK_NAME, publisher.#videoSource);
    const audio = LocalAudioTrack.createAudioTrack(AUDIO_TRACK_NAME, publisher.#audioSource);
    await Promise.all([
      participant.publishTrack(
        video,
        new TrackPublishOptions({
          source: TrackSource.SOURCE_CAMERA,
          simulcast: false,
          videoCodec: settings.videoCodec === 'h264' ? VideoCodec.H264 : VideoCodec.VP8,
          // Without an explicit encoding the SDK's preset for 512×512 gives 20 fps and 300 kbit/s.
          videoEncoding: {
            maxBitrate: BigInt(settings.videoBitrateKbps) * 1000n,
            maxFramerate: FRAME_RATE_FPS,
          },
        }),
      ),
      participant.publishTrack(
        audio,
        // No DTX: silence is audio too, and gaps would make receivers re-adjust their lip-sync.
        new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE, dtx: false }),
      ),
    ]);
    return publisher;
  }

  /** Audio handed over and not yet sent, ms. */
  get queuedMs(): number {
    return this.#audioSource.queuedDuration;
  }

  /** Show one I420 frame now. `data` must be the whole of its ArrayBuffer; it may be reused on return. */
  showFrame(data: Uint8Array, width: number, height: number): void {
    if (this.#closed) return;
    this.#videoSource.captureFrame(new VideoFrame(data, width, height, VideoBufferType.I420));
  }

  /** Send one chunk of PUBLISH_CHUNK_SAMPLES. Never waits: AudioPlayout asks `queuedMs` first. */
  push(chunk: Int16Array): void {
    if (this.#closed) return;
    const frame = this.#audioFrames[this.#nextAudioFrame]!;
    this.#nextAudioFrame = (this.#nextAudioFrame + 1) % AUDIO_BUFFERS;
    frame.data.set(chunk);
    this.#audioSource.captureFrame(frame).catch((error: unknown) => {
      if (!this.#closed) this.#onError(error);
    });
  }

  /** Forget queued audio. */
  clear(): void {
    if (!this.#closed) this.#audioSource.clearQueue();
  }

  /** Stop sending; the tracks go with the room. */
  close(): void {
    this.#closed = true;
  }
}
