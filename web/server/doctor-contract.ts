/** Answers of the API routes behind the page's self-test (`/doctor`). Shared by server and browser. */
import { z } from 'zod';

/** `GET /api/doctor/clocks`. A clock that is ahead of the page server's counts positive; null: nobody answered. */
export const clocksSchema = z.object({
  /** Time of the page's server when it answered, ms since 1970. */
  nowMs: z.number(),
  /** Read from an HTTP date, so ± 0.5 s. */
  livekitAheadMs: z.number().nullable(),
  /** The agent whose clock differs most; ± 0.5 s. */
  agentAheadMs: z.number().nullable(),
});
export type Clocks = z.infer<typeof clocksSchema>;

/** `POST /api/doctor/session`: a room without an avatar, for two minutes, and the two tokens that open it. */
export const doctorSessionSchema = z.object({
  serverUrl: z.string(),
  /** May publish a picture and nothing else. */
  senderToken: z.string(),
  /** May receive and nothing else. */
  listenerToken: z.string(),
});
export type DoctorSession = z.infer<typeof doctorSessionSchema>;
