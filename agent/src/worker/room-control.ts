/** What the worker's parent process asks of LiveKit about a room: who is in it, put one out, send for an avatar. */
import { AgentDispatchClient, RoomServiceClient, ServerError } from 'livekit-server-sdk';
import { ATTRIBUTES } from '../api/contract.ts';

const TIMEOUT_S = 4;

/** One participant as far as recovery needs it. */
export type RoomMember = {
  readonly identity: string;
  /** Whom it belongs to when it is an avatar. */
  readonly driver: string | undefined;
};

/** LiveKit's server API with the worker's own keys. Every call may throw: LiveKit is away or refuses. */
export class RoomControl {
  readonly #rooms: RoomServiceClient;
  readonly #dispatches: AgentDispatchClient;
  readonly #agentName: string;

  constructor(options: {
    readonly livekitUrl: string;
    readonly apiKey: string;
    readonly apiSecret: string;
    readonly agentName: string;
  }) {
    const url = options.livekitUrl.replace(/^ws/, 'http');
    const { apiKey, apiSecret } = options;
    const client = { requestTimeout: TIMEOUT_S, failover: false };
    this.#rooms = new RoomServiceClient(url, apiKey, apiSecret, client);
    this.#dispatches = new AgentDispatchClient(url, apiKey, apiSecret, client);
    this.#agentName = options.agentName;
  }

  /** Who is listed in a room; nobody when there is no such room. */
  async members(room: string): Promise<RoomMember[]> {
    const participants = await unlessGone(this.#rooms.listParticipants(room), []);
    return participants.map(({ identity, attributes }) => ({
      identity,
      driver: attributes[ATTRIBUTES.driver],
    }));
  }

  /** Put a participant out. One that has gone meanwhile is no failure. */
  async remove(room: string, identity: string): Promise<void> {
    await unlessGone(this.#rooms.removeParticipant(room, identity), undefined);
  }

  /** Forget a dispatch: that of a dead job would count as running. */
  async forgetDispatch(room: string, dispatchId: string): Promise<void> {
    await unlessGone(this.#dispatches.deleteDispatch(dispatchId, room), undefined);
  }

  /** Ask for an avatar; LiveKit offers the job once. `metadata`: signed dispatch claims. */
  async dispatch(room: string, metadata: string): Promise<void> {
    await this.#dispatches.createDispatch(room, this.#agentName, { metadata });
  }
}

/** The answer, or `instead` when LiveKit knows no such room or participant any more. */
async function unlessGone<T>(answer: Promise<T>, instead: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ServerError && error.status === 404) return instead;
    throw error;
  }
}
