/** What a session connection needs of the engine, and the logger both write to. */
import type { AvatarSummary } from '../api/contract.ts';
import type { CatalogueAvatar, CatalogueClip } from './avatar-catalogue.ts';
import type { SessionOpened } from './protocol.ts';
import type { RenderThreadHandle } from './render-thread-handle.ts';
import type { AvatarMeter, SessionOutcome } from '../observability/engine-meters.ts';
import type { SessionConnection } from './session-connection.ts';
import type { OpenedAvatar } from './thread-messages.ts';

/** The part of pino the engine uses. */
export type EngineLogger = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** See the head of this file. */
export interface EngineHost {
  readonly logger: EngineLogger;
  /** A thread for one more session with this avatar. @throws AvatarError SESSION_LIMIT_REACHED | ENGINE_UNAVAILABLE */
  admit(avatar: CatalogueAvatar): RenderThreadHandle;
  /**
   * The only thread a running session may show this avatar in; undefined: any.
   * @throws AvatarError SESSION_LIMIT_REACHED when the avatar's pack cannot take one more
   */
  homeFor(avatar: CatalogueAvatar): RenderThreadHandle | undefined;
  /** @throws AvatarError AVATAR_NOT_FOUND | AVATAR_NOT_READY */
  avatar(id: string): CatalogueAvatar;
  list(): readonly AvatarSummary[];
  clip(avatarId: string, name: string): Promise<CatalogueClip>;
  /** What a job is told about an avatar it shows. */
  describe(avatar: CatalogueAvatar, opened: OpenedAvatar): SessionOpened;
  /** Where measurements with an avatar are counted. */
  meter(avatar: CatalogueAvatar): AvatarMeter;
  /** Timings in a frame's header. */
  recordFrame(header: DataView, meter: AvatarMeter | undefined): void;
  /** Time from a finished frame to its last byte at the socket, ms. */
  recordIpc(latencyMs: number, meter: AvatarMeter | undefined): void;
  /** The connection has ended. `meter`: of the avatar it showed, undefined when it was no session. */
  forget(
    connection: SessionConnection,
    meter: AvatarMeter | undefined,
    outcome: SessionOutcome,
  ): void;
}
