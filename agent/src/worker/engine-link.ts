import type { Logger } from 'pino';
import type { AvatarSummary } from '../api/contract.ts';
import type { Goodbye, SessionOpened, SessionStats } from '../engine/protocol.ts';
import { AvatarError, toAvatarError } from '../errors.ts';
import { EngineClient } from './engine-client.ts';
import type { ClipAudio } from './engine-client.ts';
import type { FramePool, PooledFrame } from './frame-pool.ts';

/** How long a lost engine is looked for before the session ends, ms. */
const RECONNECT_MS = 5000;
const RETRY_MS = 250;

export type EngineLinkOptions = {
  readonly socketPath: string;
  /** For the engine's logs: the job id. */
  readonly sessionId: string;
  readonly pool: FramePool;
  readonly logger: Logger;
  /** The receiver releases the frame to the pool. */
  readonly onFrame: (frame: PooledFrame) => void;
  /** The engine was lost and not found again. */
  readonly onLost: (error: AvatarError) => void;
};

/**
 * A session's engine, across reconnections: a new connection goes on with the same avatar, epoch and chunk numbers
 * (the engine's timeline begins at the first chunk it gets), so that the rest of the job hardly notices.
 */
export class EngineLink {
  readonly #options: EngineLinkOptions;
  #client: EngineClient | undefined;
  #avatarId = '';
  #epoch = 0;
  #closed = false;

  constructor(options: EngineLinkOptions) {
    this.#options = options;
  }

  /** Connect and open the session. @throws AvatarError ENGINE_UNAVAILABLE or the engine's refusal */
  async open(avatarId: string): Promise<SessionOpened> {
    this.#avatarId = avatarId;
    return await this.#connect();
  }

  /** Send the chunk of tick `chunkIndex`. Does nothing while the engine is away. */
  sendAudio(epoch: number, chunkIndex: number, samples: Int16Array): void {
    this.#client?.sendAudio(epoch, chunkIndex, samples);
  }

  /** Render frames from `fromFrame` on anew as silence. */
  interrupt(epoch: number, fromFrame: number): void {
    this.#epoch = epoch;
    this.#client?.interrupt({ epoch, fromFrame });
  }

  /** Switch the avatar. @throws AvatarError */
  async select(avatarId: string): Promise<SessionOpened> {
    const opened = await this.#require().select(avatarId);
    this.#avatarId = avatarId;
    return opened;
  }

  /** A sample clip of the avatar shown. @throws AvatarError */
  async clip(name: string): Promise<ClipAudio> {
    return await this.#require().clip(name);
  }

  /** All avatars. @throws AvatarError */
  async list(): Promise<AvatarSummary[]> {
    return await this.#require().list();
  }

  /** Report the session's numbers. */
  sendStats(stats: SessionStats): void {
    this.#client?.sendStats(stats);
  }

  /** End the engine's side of the session. */
  close(goodbye: Goodbye): void {
    this.#closed = true;
    this.#client?.close(goodbye);
    this.#client = undefined;
  }

  #require(): EngineClient {
    if (this.#client) return this.#client;
    throw new AvatarError('ENGINE_UNAVAILABLE', 'the engine is away; try again in a few seconds');
  }

  async #connect(): Promise<SessionOpened> {
    const client = await EngineClient.connect(this.#options.socketPath, this.#options.pool, {
      onFrame: this.#options.onFrame,
      onClosed: (error) => this.#onClosed(client, error),
    });
    try {
      const opened = await client.open({
        avatarId: this.#avatarId,
        sessionId: this.#options.sessionId,
      });
      if (this.#closed) throw new AvatarError('SESSION_CLOSED', 'the session has ended');
      // A new session of the engine starts with epoch 0.
      if (this.#epoch > 0) client.interrupt({ epoch: this.#epoch, fromFrame: 0 });
      this.#client = client;
      return opened;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  #onClosed(client: EngineClient, error: AvatarError): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    if (this.#closed) return;
    this.#options.logger.warn({ err: error }, 'engine lost, looking for it again');
    void this.#reconnect(error);
  }

  async #reconnect(cause: AvatarError): Promise<void> {
    const giveUpAt = performance.now() + RECONNECT_MS;
    while (performance.now() < giveUpAt) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (this.#closed) return;
      try {
        await this.#connect();
        this.#options.logger.info('engine found again');
        return;
      } catch (error) {
        this.#options.logger.debug({ err: toAvatarError(error) }, 'engine still away');
      }
    }
    this.#options.onLost(cause);
  }
}
