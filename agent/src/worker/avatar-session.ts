import { AutoSubscribe } from '@livekit/agents';
import type { JobContext } from '@livekit/agents';
import { DisconnectReason, ParticipantKind, RoomEvent } from '@livekit/rtc-node';
import type { LocalParticipant, RemoteParticipant } from '@livekit/rtc-node';
import type { Logger } from 'pino';
import { ATTRIBUTES } from '../api/contract.ts';
import type { DispatchClaims } from '../api/contract.ts';
import type { Goodbye, SessionOpened } from '../engine/protocol.ts';
import { AvatarError, toAvatarError } from '../errors.ts';
import { traced } from '../observability/tracing.ts';
import type { Span } from '../observability/tracing.ts';
import { PUBLISH_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';
import { TrackPublisher } from '../publishing/track-publisher.ts';
import { EngineLink } from './engine-link.ts';
import { FramePool } from './frame-pool.ts';
import { FRAME_QUEUE_CAPACITY, MediaPipeline } from './media-pipeline.ts';
import { Microphone } from './microphone.ts';
import { ParticipantPresence } from './participant-presence.ts';
import { RoomAttributes } from './room-attributes.ts';
import { registerRoomProtocol } from './room-protocol.ts';
import { SessionMeter } from './session-meter.ts';
import { SessionReport } from './session-report.ts';

/** How long a session that cannot start stays in the room to say why, ms. */
const FAILURE_NOTICE_MS = 2000;

/** One avatar in one room, driven by one participant: joins, publishes, answers, and ends by itself. */
export class AvatarSession {
  readonly #ctx: JobContext;
  readonly #claims: DispatchClaims;
  readonly #logger: Logger;
  readonly #engine: EngineLink;
  readonly #pool = new FramePool(FRAME_QUEUE_CAPACITY + 2);
  readonly #microphone: Microphone;
  readonly #attributes: RoomAttributes;
  readonly #presence: ParticipantPresence;
  readonly #report: SessionReport;
  readonly #span: Span;
  readonly #meter: SessionMeter;
  #pipeline: MediaPipeline | undefined;
  #publisher: TrackPublisher | undefined;
  #micLive = false;
  #selecting: Promise<unknown> = Promise.resolve();
  #ended = false;
  #outcome: Goodbye['outcome'] = 'completed';

  constructor(options: {
    ctx: JobContext;
    claims: DispatchClaims;
    socketPath: string;
    logger: Logger;
    /** Of the whole session; ends with it. */
    span: Span;
  }) {
    const { span } = options;
    this.#span = span;
    this.#meter = new SessionMeter({
      onMouthShut: (fromMs, toMs) => span.record('avatar.interrupt', [fromMs, toMs]),
      onPlayback: (fromMs, toMs) =>
        span.record('avatar.playback', [fromMs, toMs], {
          'lk.playback_latency': (toMs - fromMs) / 1000,
        }),
    });
    this.#ctx = options.ctx;
    this.#claims = options.claims;
    this.#logger = options.logger;
    this.#engine = new EngineLink({
      socketPath: options.socketPath,
      sessionId: options.ctx.job.id,
      pool: this.#pool,
      logger: options.logger,
      onFrame: (frame) =>
        this.#pipeline ? this.#pipeline.offerFrame(frame) : this.#pool.release(frame),
      onLost: (error) => this.end(`engine lost: ${error.message}`, 'failed'),
    });
    this.#attributes = new RoomAttributes(
      async (changed) => await this.#participant.setAttributes(changed),
      (error) => this.#logger.debug({ err: error }, 'attributes not set'),
    );
    this.#report = new SessionReport({
      attributes: this.#attributes,
      sendStats: (stats) => this.#engine.sendStats(stats),
      delayMs: () => this.#pipeline?.delayMs ?? 0,
    });
    this.#microphone = new Microphone(options.ctx.room, options.claims.participant, {
      onLive: (live) => {
        this.#micLive = live;
        this.#pipeline?.setMicLive(live);
      },
      onSamples: (samples) => this.#pipeline?.pushMic(samples),
    });
    this.#presence = new ParticipantPresence((reason) => this.end(reason));
    this.#watchRoom();
  }

  /** Join and publish. Resolves when the avatar is in the room; failures end the session, telling the room why. */
  async start(): Promise<void> {
    const startedMs = performance.now();
    const [opened, connected] = await Promise.allSettled([
      traced(this.#span, 'avatar.open', () => this.#engine.open(this.#claims.avatar)),
      traced(this.#span, 'avatar.join', () =>
        this.#ctx.connect(undefined, AutoSubscribe.SUBSCRIBE_NONE),
      ),
    ]);
    if (connected.status === 'rejected') {
      this.end(`cannot join the room: ${toAvatarError(connected.reason).message}`, 'failed');
      return;
    }
    if (opened.status === 'rejected') {
      await this.#giveNotice(toAvatarError(opened.reason));
      return;
    }
    if (this.#ended) return;
    const openedMs = performance.now() - startedMs;
    if (this.#ctx.room.remoteParticipants.has(this.#claims.participant)) this.#presence.joined();
    this.#microphone.scan();
    this.#registerRpc();
    await traced(this.#span, 'avatar.publish', () => this.#publish(opened.value));
    const joinMs = performance.now() - startedMs;
    this.#meter.joined(joinMs);
    this.#span.set({ 'lk.avatar.join_latency': joinMs / 1000 });
    this.#logger.info(
      {
        avatar: opened.value.avatarId,
        connectMs: Math.round(openedMs),
        publishMs: Math.round(performance.now() - startedMs - openedMs),
      },
      'session started',
    );
  }

  /** End the session; the framework then disconnects the room and calls `close`. */
  end(reason: string, outcome: Goodbye['outcome'] = 'completed'): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#outcome = outcome;
    this.#logger.info({ reason }, 'session ends');
    this.close();
    this.#ctx.shutdown(reason);
  }

  /** Stop everything at once. Safe to call twice. */
  close(): void {
    this.#ended = true;
    this.#report.close();
    this.#presence.stop();
    this.#attributes.close();
    this.#pipeline?.stop();
    this.#publisher?.close();
    this.#engine.close({ outcome: this.#outcome });
    this.#span.set({ outcome: this.#outcome });
    this.#span.end(this.#outcome === 'failed' ? 'failed' : undefined);
  }

  get #participant(): LocalParticipant {
    const participant = this.#ctx.room.localParticipant;
    if (!participant) throw new AvatarError('SESSION_CLOSED', 'the room is not connected');
    return participant;
  }

  async #publish(opened: SessionOpened): Promise<void> {
    const publisher = await TrackPublisher.publish(this.#participant, opened, (error) =>
      this.#logger.debug({ err: error }, 'audio chunk not sent'),
    );
    this.#publisher = publisher;
    // A shutdown during publishing found nothing to close yet.
    if (this.#ended) {
      publisher.close();
      return;
    }
    this.#pipeline = new MediaPipeline({
      engine: this.#engine,
      pool: this.#pool,
      output: publisher,
      playoutDelayMs: opened.playoutDelayMs,
      events: this.#report,
      meter: this.#meter,
    });
    this.#pipeline.setMicLive(this.#micLive);
    this.#pipeline.start();
    this.#attributes.set({
      [ATTRIBUTES.agentState]: 'listening',
      [ATTRIBUTES.avatarId]: opened.avatarId,
      [ATTRIBUTES.status]: 'ready',
      [ATTRIBUTES.source]: this.#micLive ? 'mic' : 'none',
    });
  }

  #watchRoom(): void {
    const room = this.#ctx.room;
    const isDriver = (participant: RemoteParticipant) =>
      participant.identity === this.#claims.participant;
    room.on(RoomEvent.ParticipantConnected, (participant) => {
      if (isDriver(participant)) this.#presence.joined();
      // Two that ask for an avatar at once (page and recovery, or two workers) must not give two: the newer one stays.
      const isRival =
        participant.kind === ParticipantKind.AGENT &&
        participant.attributes[ATTRIBUTES.driver] === this.#claims.participant;
      if (isRival) this.end('replaced by another avatar of the same participant');
    });
    room.on(RoomEvent.ParticipantDisconnected, (participant) => {
      if (isDriver(participant)) this.#presence.left(isDeliberate(participant.disconnectReason));
    });
    room.on(RoomEvent.Reconnected, () => {
      this.#logger.info('room reconnected');
      this.#microphone.scan();
      this.#attributes.resend();
      if (!room.remoteParticipants.has(this.#claims.participant)) this.#presence.left(false);
    });
    room.on(RoomEvent.Reconnecting, () => this.#logger.warn('room connection lost, reconnecting'));
    room.on(RoomEvent.Disconnected, () => this.end('the room closed'));
  }

  #registerRpc(): void {
    registerRoomProtocol(
      this.#participant,
      this.#claims.participant,
      {
        list: () => this.#engine.list(),
        select: (id) => this.#select(id),
        playClip: (name) => this.#playClip(name),
        interrupt: () => {
          this.#pipeline?.interrupt();
          return Promise.resolve({});
        },
      },
      (method, error) =>
        error.code === 'INTERNAL'
          ? this.#logger.error({ method, err: error }, 'RPC failed')
          : this.#logger.info({ method, code: error.code }, 'RPC refused'),
    );
  }

  /** Selections run one after another: the last call wins. */
  #select(id: string): Promise<{ id: string; name: string; clips: string[]; switchMs: number }> {
    const startedMs = performance.now();
    const selection = this.#selecting.then(async () => {
      this.#attributes.set({ [ATTRIBUTES.status]: 'switching' });
      try {
        const opened = await traced(this.#span, 'avatar.select', () => this.#engine.select(id), {
          'avatar.id': id,
        });
        this.#pipeline?.setPlayoutDelay(opened.playoutDelayMs);
        this.#attributes.set({ [ATTRIBUTES.avatarId]: opened.avatarId });
        const switchMs = Math.round(performance.now() - startedMs);
        return { id: opened.avatarId, name: opened.avatarName, clips: opened.clips, switchMs };
      } finally {
        // A failed selection leaves the avatar that was there.
        this.#attributes.set({ [ATTRIBUTES.status]: 'ready' });
      }
    });
    this.#selecting = selection.catch(() => undefined);
    return selection;
  }

  async #playClip(name: string): Promise<{ durationMs: number }> {
    const { samples, sampleRateHz } = await this.#engine.clip(name);
    // The registry keeps clips at the publishing rate; anything else would play at a wrong pitch.
    if (sampleRateHz !== PUBLISH_SAMPLE_RATE_HZ) {
      throw new AvatarError('PROTOCOL_VIOLATION', `clip "${name}" came with ${sampleRateHz} Hz`);
    }
    this.#pipeline?.playClip(samples);
    return { durationMs: Math.round((samples.length / sampleRateHz) * 1000) };
  }

  /** The avatar cannot be shown: say so in the room, then leave. */
  async #giveNotice(error: AvatarError): Promise<void> {
    this.#logger.error({ code: error.code, reason: error.message }, 'session cannot start');
    this.#attributes.set({
      [ATTRIBUTES.status]: 'failed',
      [ATTRIBUTES.error]: JSON.stringify({ code: error.code, message: error.message }),
    });
    await new Promise((resolve) => setTimeout(resolve, FAILURE_NOTICE_MS));
    this.end(error.message, 'failed');
  }
}

/** Whether the participant will not come back by itself: it left, was removed, or the room is gone. */
function isDeliberate(reason: DisconnectReason | undefined): boolean {
  return (
    reason === DisconnectReason.CLIENT_INITIATED ||
    reason === DisconnectReason.PARTICIPANT_REMOVED ||
    reason === DisconnectReason.ROOM_DELETED
  );
}
