/**
 * Shapes shared by the agent's HTTP API, the page's API routes and the in-room protocol.
 * The web package imports this file as `@live-avatar/agent/contract`; it depends on zod alone.
 */
import { z } from 'zod';

/** Ids are safe in URLs, file names and identities. */
export const avatarIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** Who may receive a person's microphone: only the avatar they drive, or everyone in the room. */
export const privacySchema = z.enum(['avatar-only', 'room']);
export type Privacy = z.infer<typeof privacySchema>;

/** One avatar as lists show it (agent `/avatars`, page `GET /api/avatars`, RPC `avatar.list`). */
export const avatarSummarySchema = z.object({
  id: avatarIdSchema,
  name: z.string(),
  status: z.enum(['preparing', 'ready', 'failed']),
  /** Only when failed: what is wrong and how to mend it. */
  reason: z.string().optional(),
  /** Only when preparing: 0–1. */
  progressRatio: z.number().optional(),
  /** Path of a JPEG thumbnail below the serving origin; absent unless ready. */
  thumbnail: z.string().optional(),
  /** Names of sample clips. */
  clips: z.array(z.string()),
  /** Model pack: lite, musetalk-v15, probe. */
  model: z.string(),
});
export type AvatarSummary = z.infer<typeof avatarSummarySchema>;

/** Agent `GET /status`. */
export const agentStatusSchema = z.object({
  activeSessions: z.int(),
  maxSessions: z.int(),
  agentName: z.string(),
  /** Random per process: an agent that answers at two addresses is counted once. */
  instance: z.string().optional(),
  /** Whether LiveKit may send it new sessions: registered and not draining. Absent: yes. */
  accepting: z.boolean().optional(),
  version: z.string(),
  /** service.privacy. */
  privacy: privacySchema.default('avatar-only'),
  /** Per running session, without identities. */
  sessions: z.array(
    z.object({
      sessionId: z.string(),
      avatarId: z.string(),
      uptimeMs: z.number(),
      framesRendered: z.int(),
      framesIdle: z.int(),
      framesDropped: z.int(),
      shownFps: z.number(),
      pipelineMs: z.number(),
      /** RSS of the session's job process. */
      rssMb: z.number(),
    }),
  ),
  /** Engine stage timings over the last frames, ms: p50 and p99. */
  stages: z.record(z.string(), z.object({ p50Ms: z.number(), p99Ms: z.number() })),
  rssMb: z.number(),
});
export type AgentStatus = z.infer<typeof agentStatusSchema>;

/** Error body of every HTTP answer ≥ 400. */
export const errorBodySchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** `POST /api/sessions` of the page. */
export const createSessionSchema = z.strictObject({
  avatar: avatarIdSchema,
  name: z.string().trim().min(1).max(64).optional(),
  /** Join the room of this invitation instead of a new one. */
  invitation: z.string().min(1).max(2048).optional(),
});
/** Answer: LiveKit's token-endpoint shape. */
export const sessionGrantSchema = z.object({
  server_url: z.string(),
  room: z.string(),
  participant_token: z.string(),
  /** service.privacy; the page restricts its microphone accordingly before it publishes. */
  privacy: privacySchema.default('avatar-only'),
  /** People the room holds at most; with 1 there is nobody to invite. */
  max_people: z.int().default(1),
});
export type SessionGrant = z.infer<typeof sessionGrantSchema>;
/** `POST /api/sessions/redispatch`: ask again for an agent; authorised by the participant's own token. */
export const redispatchSchema = z.strictObject({
  participant_token: z.string().min(1).max(4096),
  /** Put the agent that is in the room out first: its picture has stopped (a killed job stays listed for 20 s). */
  replace: z.boolean().optional(),
  /** How long ago the avatar was lost, ms: a job older than that cannot be the one that is on its way. */
  lost_ms: z.int().min(0).max(86_400_000).optional(),
});

/** `POST /api/sessions/renew`: the same token for 15 more minutes, for somebody who is in the room. */
export const renewSchema = z.strictObject({ participant_token: z.string().min(1).max(4096) });
export const renewedSchema = z.object({ participant_token: z.string() });

/** Claims of an invitation: a JWT (HS256, LiveKit API secret) for one room. LiveKit itself takes it for nothing. */
export const invitationClaimsSchema = z.object({
  /** Always INVITATION_AUDIENCE. */
  aud: z.literal('avatar-invitation'),
  room: z.string().min(1).max(128),
  exp: z.number(),
});
export const INVITATION_AUDIENCE = 'avatar-invitation';
/** `POST /api/invitations`: whoever is in a room may invite to it. */
export const createInvitationSchema = z.strictObject({
  participant_token: z.string().min(1).max(4096),
});
/** Answer. The page makes the link `/join#INVITATION` of it. */
export const invitationSchema = z.object({
  invitation: z.string(),
  /** Unix time, s. */
  expires_at: z.int(),
});
export type Invitation = z.infer<typeof invitationSchema>;
/** `POST /api/invitations/open`: look whether the room is still there, and who is in it. */
export const openInvitationSchema = z.strictObject({ invitation: z.string().min(1).max(2048) });
export const invitedRoomSchema = z.object({
  people: z.array(z.object({ name: z.string().optional(), avatar: avatarIdSchema.optional() })),
  max_people: z.int(),
  /** Unix time, s. */
  expires_at: z.int(),
});
export type InvitedRoom = z.infer<typeof invitedRoomSchema>;

/** Claims of the dispatch metadata: a JWT (HS256, LiveKit API secret), so that only our page's server can bind a job. */
export const dispatchClaimsSchema = z.object({
  /** Always DISPATCH_AUDIENCE. */
  aud: z.literal('avatar-dispatch'),
  room: z.string().min(1).max(128),
  /** Identity of the one participant who drives this avatar. */
  participant: z.string().min(1).max(128),
  avatar: avatarIdSchema,
  exp: z.number(),
});
export type DispatchClaims = z.infer<typeof dispatchClaimsSchema>;
export const DISPATCH_AUDIENCE = 'avatar-dispatch';

/** RPC methods on the avatar participant. Payloads and answers are JSON. */
export const RPC = {
  /** {} → AvatarSummary[] */
  list: 'avatar.list',
  /** {id} → {id, name, clips, switchMs} */
  select: 'avatar.select',
  /** {name} → {durationMs} */
  playClip: 'avatar.play_clip',
  /** {} → {} ; stops a clip, drops queued audio, closes the mouth */
  interrupt: 'avatar.interrupt',
} as const;
export const rpcSelectSchema = z.strictObject({ id: avatarIdSchema });
export const rpcPlayClipSchema = z.strictObject({ name: z.string().min(1).max(128) });
export const rpcEmptySchema = z.strictObject({});
/** Largest RPC request payload the avatar accepts, bytes (LiveKit's own limit is 15 360). */
export const MAX_RPC_PAYLOAD_BYTES = 4096;
/** Application error codes of RPC errors start here (LiveKit reserves 1001–1999); the ErrorCode is in `data` as JSON {code, message}. */
export const RPC_APPLICATION_ERROR = 2000;

/** Participant attributes of the avatar. Values are strings. */
export const ATTRIBUTES = {
  /** LiveKit's own: initializing | listening | speaking */
  agentState: 'lk.agent.state',
  /** Identity of the participant who drives this avatar; only that one lets it hear the microphone. */
  driver: 'avatar.driver',
  /** Id of the avatar shown. */
  avatarId: 'avatar.id',
  /** ready | switching | failed */
  status: 'avatar.status',
  /** What the avatar speaks now: mic | clip | none. The page unmutes clips and mutes the user's own voice. */
  source: 'avatar.source',
  /** JSON {pipelineMs, shownFps, lateFrames}: measured by the job, about once in two seconds. */
  stats: 'avatar.stats',
  /** JSON {code, message}: why status is failed; the avatar leaves two seconds later. */
  error: 'avatar.error',
} as const;

/** Name of the published tracks. */
export const VIDEO_TRACK_NAME = 'avatar_video';
export const AUDIO_TRACK_NAME = 'avatar_audio';
