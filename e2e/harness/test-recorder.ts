/**
 * A recorder for tests: takes LiveKit's egress requests from the real bus (psrpc over Redis) and enters the room as
 * LiveKit's egress does: hidden, of kind EGRESS, with the recorder grant, subscribing to everything it is given. It
 * writes no file; it notes which tracks it received. LiveKit's own egress needs Chrome and GStreamer in its image.
 */
import { Room, RoomEvent, TrackKind, VideoStream, RemoteVideoTrack } from '@livekit/rtc-node';
import { proto3, ScalarType } from '@bufbuild/protobuf';
import {
  AccessToken,
  EgressInfo,
  EgressStatus,
  RoomCompositeEgressRequest,
} from 'livekit-server-sdk';
import { PsrpcPeer } from './psrpc.ts';

/** github.com/livekit/protocol, rpc/egress.proto, the fields that are used here. */
const START_REQUEST = proto3.makeMessageType('rpc.StartEgressRequest', () => [
  { no: 1, name: 'egress_id', kind: 'scalar', T: ScalarType.STRING },
  { no: 3, name: 'room_id', kind: 'scalar', T: ScalarType.STRING },
  { no: 5, name: 'room_composite', kind: 'message', T: RoomCompositeEgressRequest },
]);

/** One recording as the recorder saw it. */
export type TakenRecording = {
  readonly id: string;
  readonly room: string;
  readonly filepath: string;
  /** `person|avatar audio|video` of every track that arrived. */
  readonly heard: Set<string>;
  /** Pictures received. */
  frames: number;
};

type LivekitServer = { readonly url: string; readonly apiKey: string; readonly apiSecret: string };

/** See the head of this file. */
export class TestRecorder {
  /** Every recording asked for, in order. */
  readonly taken: TakenRecording[] = [];
  readonly #livekit: LivekitServer;
  readonly #peer: PsrpcPeer;
  /** Each resolves when the recorder is in the room, or was not let in. */
  readonly #entries = new Map<string, Promise<Room>>();
  readonly #enterDelayMs: number;

  private constructor(livekit: LivekitServer, peer: PsrpcPeer, enterDelayMs: number) {
    this.#livekit = livekit;
    this.#peer = peer;
    this.#enterDelayMs = enterDelayMs;
    peer.serve({ service: 'EgressInternal', method: 'StartEgress' }, (raw) =>
      Promise.resolve(this.#start(raw)),
    );
  }

  /** Begin to take requests. `enterDelayMs`: how long it takes to enter a room, as a browser's start does. */
  static async start(
    livekit: LivekitServer,
    redisPort: number,
    enterDelayMs = 0,
  ): Promise<TestRecorder> {
    return new TestRecorder(livekit, await PsrpcPeer.connect(redisPort), enterDelayMs);
  }

  /** Die: no goodbye to LiveKit's list of recorders. */
  async die(): Promise<void> {
    this.#peer.close();
    await Promise.all([...this.#entries.keys()].map((id) => this.#leave(id)));
  }

  #start(raw: Uint8Array): EgressInfo {
    const { egressId, roomId, roomComposite } = START_REQUEST.fromBinary(raw);
    const request =
      (roomComposite as RoomCompositeEgressRequest | undefined) ?? new RoomCompositeEgressRequest();
    const recording: TakenRecording = {
      id: egressId,
      room: request.roomName,
      filepath: request.fileOutputs[0]?.filepath ?? '',
      heard: new Set(),
      frames: 0,
    };
    this.taken.push(recording);
    const info = (status: EgressStatus): EgressInfo =>
      new EgressInfo({
        egressId,
        roomId,
        roomName: request.roomName,
        status,
        startedAt: BigInt(Date.now()) * 1_000_000n,
        updatedAt: BigInt(Date.now()) * 1_000_000n,
        request: { case: 'roomComposite', value: request },
      });
    const update = (status: EgressStatus): void =>
      this.#peer.call('IOInfo', 'UpdateEgress', info(status));
    this.#peer.serve(
      { service: 'EgressHandler', method: 'StopEgress', topic: egressId },
      async () => {
        await this.#leave(egressId);
        setTimeout(() => update(EgressStatus.EGRESS_COMPLETE), 100);
        return info(EgressStatus.EGRESS_ENDING);
      },
    );
    setTimeout(() => {
      const entry = this.#enter(recording, () => update(EgressStatus.EGRESS_ACTIVE));
      this.#entries.set(egressId, entry);
    }, this.#enterDelayMs);
    return info(EgressStatus.EGRESS_STARTING);
  }

  async #leave(id: string): Promise<void> {
    await (await this.#entries.get(id))?.disconnect();
  }

  async #enter(recording: TakenRecording, onActive: () => void): Promise<Room> {
    const { url, apiKey, apiSecret } = this.#livekit;
    const token = new AccessToken(apiKey, apiSecret, { identity: recording.id, ttl: 3600 });
    token.kind = 'egress';
    token.addGrant({
      roomJoin: true,
      room: recording.room,
      canSubscribe: true,
      canPublish: false,
      canPublishData: false,
      hidden: true,
      recorder: true,
    });
    const room = new Room();
    room.on(RoomEvent.TrackSubscribed, (track, _publication, { identity }) => {
      const kind = track.kind === TrackKind.KIND_AUDIO ? 'audio' : 'video';
      recording.heard.add(`${identity.startsWith('person-') ? 'person' : 'avatar'} ${kind}`);
      if (track instanceof RemoteVideoTrack) void this.#count(recording, track);
    });
    try {
      await room.connect(url, await token.toJwt(), { autoSubscribe: true, dynacast: false });
      onActive();
    } catch {
      // Put out while it was still connecting.
    }
    return room;
  }

  async #count(recording: TakenRecording, track: RemoteVideoTrack): Promise<void> {
    const reader = new VideoStream(track).getReader();
    while (!(await reader.read()).done) recording.frames += 1;
  }
}
