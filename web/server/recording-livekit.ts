/** What recording asks of LiveKit: who is in a room, what they agreed to, and its recorder (egress). */
import { AvatarError } from '@live-avatar/agent/errors';
import {
  DataPacket_Kind,
  EgressClient,
  EgressStatus,
  EncodedFileOutput,
  EncodedFileType,
  EncodingOptionsPreset,
  RoomServiceClient,
  ServerError,
} from 'livekit-server-sdk';
import { RECORDING_TOPIC, type Person, type RecordingEnd } from './recording-contract.ts';
import type { RecordingSettings } from './recording-settings.ts';
import type { Settings } from './settings.ts';

/** ParticipantInfo_Kind.EGRESS and AGENT; the enum is not exported by the SDK. */
const KIND_EGRESS = 2;
const KIND_AGENT = 4;
const TIMEOUT_S = 4;
/** LiveKit asks for a recorder several times before it gives up, s. */
const START_TIMEOUT_S = 40;
/** A recorder that does not answer is out of the room already; its file is its own affair, s. */
const STOP_TIMEOUT_S = 3;

/** A recorder in the list of LiveKit. */
export type ListedRecorder = {
  readonly id: string;
  readonly room: string;
  /** Unix time it began, ms; 0 until it has. */
  readonly startedAtMs: number;
};

/** Calls to one LiveKit server. Each throws AvatarError LIVEKIT_UNAVAILABLE when it is away. */
export class RecordingLiveKit {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Everyone in a room; a room that is gone is empty. */
  async members(room: string): Promise<{ people: Person[]; recorders: string[] }> {
    const listed = await this.#ask(() => orElse([], this.#rooms().listParticipants(room)));
    const isOf = (kind: number) => (member: { kind: number }) => member.kind === kind;
    return {
      // Whoever is neither avatar nor recorder is a person: unknown kinds are asked too.
      people: listed.filter((member) => !isOf(KIND_AGENT)(member) && !isOf(KIND_EGRESS)(member)),
      recorders: listed.filter(isOf(KIND_EGRESS)).map(({ identity }) => identity),
    };
  }

  /** Recorders that start or run, oldest first; in every room unless one is named. */
  async recorders(roomName?: string): Promise<ListedRecorder[]> {
    const filter = { active: true, ...(roomName === undefined ? {} : { roomName }) };
    const listed = await this.#ask(() =>
      // Without Redis LiveKit has no recorders and says so with an error.
      this.#egress(TIMEOUT_S).listEgress(filter).catch(unlessAway([])),
    );
    return listed
      .filter(({ status }) =>
        [EgressStatus.EGRESS_STARTING, EgressStatus.EGRESS_ACTIVE].includes(status),
      )
      .map(({ egressId, roomName: room, startedAt }) => {
        return { id: egressId, room, startedAtMs: Number(startedAt) / 1e6 };
      })
      .sort((a, b) => a.startedAtMs - b.startedAtMs);
  }

  /** Write attributes of a person; returns false when they have left. */
  async mark(room: string, identity: string, attributes: Record<string, string>): Promise<boolean> {
    const update = this.#rooms().updateParticipant(room, identity, { attributes });
    return this.#ask(() =>
      orElse(
        false,
        update.then(() => true),
      ),
    );
  }

  /** Tell people why there is no recording any more. Nobody else can send without being named as the sender. */
  async tell(room: string, people: readonly Person[], reason: RecordingEnd): Promise<void> {
    const data = new TextEncoder().encode(JSON.stringify({ reason }));
    const destinationIdentities = people.map(({ identity }) => identity);
    if (destinationIdentities.length === 0) return;
    await this.#ask(() =>
      orElse(
        undefined,
        this.#rooms().sendData(room, data, DataPacket_Kind.RELIABLE, {
          topic: RECORDING_TOPIC,
          destinationIdentities,
        }),
      ),
    );
  }

  /** Begin an MP4 of all avatars of a room. @throws AvatarError RECORDING_UNAVAILABLE with the cure */
  async start(
    room: string,
    { folder, viewUrl }: RecordingSettings,
    nowMs: number,
  ): Promise<string> {
    const output = new EncodedFileOutput({
      fileType: EncodedFileType.MP4,
      filepath: recordingPath(folder, room, nowMs),
      // A second file with identities beside each recording is not wanted.
      disableManifest: true,
    });
    try {
      const { egressId } = await this.#egress(START_TIMEOUT_S).startRoomCompositeEgress(
        room,
        output,
        {
          layout: 'grid',
          customBaseUrl: viewUrl,
          encodingOptions: EncodingOptionsPreset.H264_720P_30,
        },
      );
      return egressId;
    } catch (cause) {
      throw new AvatarError(
        'RECORDING_UNAVAILABLE',
        'No recorder is free. The operator starts one with the compose profile "recording" (docs/recording.md).',
        { cause },
      );
    }
  }

  /** Put a recorder out of the room, which ends what it gets at once, and let it finish its file. */
  async stop(room: string, recorder: string): Promise<void> {
    const removal = this.#ask(() =>
      orElse(undefined, this.#rooms().removeParticipant(room, recorder)),
    );
    // A recorder that died or has already ended cannot be stopped; being out of the room is what counts.
    const ending = this.#egress(STOP_TIMEOUT_S)
      .stopEgress(recorder)
      .catch(() => undefined);
    await Promise.all([removal, ending]);
  }

  #rooms(): RoomServiceClient {
    return new RoomServiceClient(...this.#clientArguments(TIMEOUT_S));
  }

  #egress(timeoutS: number): EgressClient {
    return new EgressClient(...this.#clientArguments(timeoutS));
  }

  #clientArguments(requestTimeout: number) {
    const { livekitUrl, apiKey, apiSecret } = this.#settings;
    const options = { requestTimeout, failover: false };
    return [livekitUrl.replace(/^ws/, 'http'), apiKey, apiSecret, options] as const;
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      const { livekitUrl } = this.#settings;
      throw new AvatarError(
        'LIVEKIT_UNAVAILABLE',
        `LiveKit at ${livekitUrl} does not answer or refuses our keys. Start it with \`npm start\`, or set LIVEKIT_URL.`,
        { cause },
      );
    }
  }
}

/**
 * File of one recording: when, and the first letters of the room's id. No names of people, and not the whole id.
 * Times are UTC.
 */
export function recordingPath(folder: string, room: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-');
  return `${folder}/${time}Z-${room.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, 12)}.mp4`;
}

/** The answer, or `instead` when LiveKit knows no such room or participant. */
async function orElse<T>(instead: T, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ServerError && error.status === 404) return instead;
    throw error;
  }
}

/** A refusal that LiveKit itself answered becomes `instead`; no answer, and refused keys, stay errors. */
function unlessAway<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof ServerError && error.status !== 401 && error.status !== 403) {
      return instead;
    }
    throw error;
  };
}
