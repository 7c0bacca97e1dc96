import { AudioStream, RoomEvent, TrackKind, TrackSource } from '@livekit/rtc-node';
import type {
  RemoteParticipant,
  RemoteTrack,
  RemoteTrackPublication,
  Room,
  TrackPublication,
} from '@livekit/rtc-node';
import { CHUNK_MS, PUBLISH_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';

/** What is done with the microphone. */
export type MicrophoneEvents = {
  /** Whether a subscribed, unmuted track is there. */
  onLive(live: boolean): void;
  /** 48 kHz mono PCM16, 20 ms; the SDK has resampled and downmixed whatever the browser sent. */
  onSamples(samples: Int16Array): void;
};

/** Subscribes to one participant's microphone, and to nothing else in the room. */
export class Microphone {
  readonly #room: Room;
  readonly #identity: string;
  readonly #events: MicrophoneEvents;
  #sid: string | undefined;
  #muted = false;

  /** Registers its handlers at once: call before the room connects, or tracks already there are missed. */
  constructor(room: Room, identity: string, events: MicrophoneEvents) {
    this.#room = room;
    this.#identity = identity;
    this.#events = events;
    room.on(RoomEvent.TrackPublished, (publication, participant) =>
      this.#subscribe(publication, participant),
    );
    room.on(RoomEvent.TrackSubscribed, (track, publication, participant) =>
      this.#onSubscribed(track, publication, participant),
    );
    room.on(RoomEvent.TrackUnsubscribed, (_track, publication) => this.#onEnded(publication));
    room.on(RoomEvent.TrackUnpublished, (publication) => this.#onEnded(publication));
    room.on(RoomEvent.TrackMuted, (publication) => this.#onMuted(publication, true));
    room.on(RoomEvent.TrackUnmuted, (publication) => this.#onMuted(publication, false));
  }

  /** Subscribe to tracks that were there before us; call after the room has connected. */
  scan(): void {
    const participant = this.#room.remoteParticipants.get(this.#identity);
    if (!participant) return;
    for (const publication of participant.trackPublications.values()) {
      this.#subscribe(publication, participant);
    }
  }

  #isOurs(publication: TrackPublication, participant: RemoteParticipant): boolean {
    return (
      participant.identity === this.#identity &&
      publication.kind === TrackKind.KIND_AUDIO &&
      publication.source === TrackSource.SOURCE_MICROPHONE
    );
  }

  #subscribe(publication: RemoteTrackPublication, participant: RemoteParticipant): void {
    if (this.#isOurs(publication, participant)) publication.setSubscribed(true);
  }

  #onSubscribed(
    track: RemoteTrack,
    publication: RemoteTrackPublication,
    participant: RemoteParticipant,
  ): void {
    if (!this.#isOurs(publication, participant) || publication.sid === undefined) return;
    this.#sid = publication.sid;
    this.#muted = publication.muted ?? false;
    this.#events.onLive(!this.#muted);
    void this.#read(track, publication.sid);
  }

  async #read(track: RemoteTrack, sid: string): Promise<void> {
    const stream = new AudioStream(track, {
      sampleRate: PUBLISH_SAMPLE_RATE_HZ,
      numChannels: 1,
      frameSizeMs: CHUNK_MS,
    });
    for await (const frame of stream) {
      // A newer track has taken over: leaving the loop cancels this stream.
      if (this.#sid !== sid) break;
      this.#events.onSamples(frame.data);
    }
  }

  #onEnded(publication: TrackPublication): void {
    if (publication.sid === undefined || publication.sid !== this.#sid) return;
    this.#sid = undefined;
    this.#events.onLive(false);
  }

  #onMuted(publication: TrackPublication, muted: boolean): void {
    if (publication.sid === undefined || publication.sid !== this.#sid) return;
    this.#muted = muted;
    this.#events.onLive(!muted);
  }
}
