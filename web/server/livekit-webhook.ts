/** LiveKit's webhooks: believed once, while recent, and only when signed with our key over this very body. */
import { AvatarError } from '@live-avatar/agent/errors';
import { WebhookReceiver, type WebhookEvent } from 'livekit-server-sdk';
import { noteWebhookEvent, noteWebhookRefused, type WebhookRefusal } from './metrics.ts';
import { readText } from './read-json-body.ts';
import type { RecordingSettings } from './recording-settings.ts';
import { noticeRoom } from './recording.ts';
import { FAILED_WEBHOOK_LIMITS, takeOrRefuse, type Counted } from './request-limits.ts';
import { HttpError } from './respond.ts';
import type { Settings } from './settings.ts';

/** Largest accepted event, bytes. LiveKit's are about 1 kB; the metadata of rooms and people could add to that. */
export const MAX_EVENT_BYTES = 65_536;
/** Older events are not believed, ms. LiveKit gives up after half a minute of trying. */
const MAX_AGE_MS = 5 * 60_000;
/** How far LiveKit's clock may be ahead of ours, ms. */
const MAX_AHEAD_MS = 60_000;
/** Ids remembered at most; the oldest is forgotten. One that comes again then only causes one more look. */
const MAX_IDS = 10_000;

/** Events after which a room may not be as its people agreed. */
const CHANGES = new Set<string>([
  'participant_joined',
  'participant_left',
  'participant_connection_aborted',
  'egress_started',
  'egress_updated',
  'egress_ended',
]);

const seenIds = new Set<string>();

/**
 * Read and check one event.
 * @throws HttpError UNAUTHORIZED (401) when not signed by us, altered, old or from the future; REQUEST_INVALID: 413 too
 *   large, 400 empty, 409 seen before; RATE_LIMITED (429) for an address that sent too many bad ones.
 */
export async function receiveEvent(
  { apiKey, apiSecret }: Settings,
  request: Request,
  caller: Counted,
): Promise<WebhookEvent> {
  const giveBack = await refusedAs('rate', () => takeOrRefuse(FAILED_WEBHOOK_LIMITS, caller));
  const text = await refusedAs('body', () => readText(request, MAX_EVENT_BYTES));
  const event = await refusedAs('signature', async () => {
    const receiver = new WebhookReceiver(apiKey, apiSecret);
    const authorization = request.headers.get('authorization') ?? '';
    try {
      return await receiver.receive(text, authorization, false, MAX_AHEAD_MS / 1000);
    } catch (cause) {
      throw unauthorized(
        'This is not signed with the LiveKit key of this page, or was altered (webhook.api_key of livekit-server).',
        cause,
      );
    }
  });
  giveBack();
  await refusedAs('age', () => requireRecent(event, Date.now()));
  await refusedAs('duplicate', () => requireNew(event));
  noteWebhookEvent(event.event);
  return event;
}

/** Do what an event calls for; resolves when the room is as it should be. Never rejects. */
export async function actOnEvent(
  settings: Settings,
  recording: RecordingSettings | undefined,
  { event, room, egressInfo }: WebhookEvent,
): Promise<void> {
  const name = room?.name ?? egressInfo?.roomName ?? '';
  const isGone = event === 'room_finished';
  if (name === '' || !(isGone || CHANGES.has(event))) return;
  await noticeRoom(settings, recording, name, isGone);
}

function requireRecent({ createdAt }: WebhookEvent, nowMs: number): void {
  const ageMs = nowMs - Number(createdAt) * 1000;
  if (ageMs <= MAX_AGE_MS && ageMs >= -MAX_AHEAD_MS) return;
  throw unauthorized(
    `This event is ${Math.round(ageMs / 1000)} s old by this server's clock. Set the clocks of LiveKit and this server.`,
  );
}

function requireNew({ id }: WebhookEvent): void {
  if (seenIds.has(id)) {
    const error = new AvatarError('REQUEST_INVALID', 'This event was here before.');
    throw new HttpError(error, { status: 409 });
  }
  seenIds.add(id);
  const [oldest] = seenIds;
  if (seenIds.size > MAX_IDS && oldest !== undefined) seenIds.delete(oldest);
}

function unauthorized(message: string, cause?: unknown): AvatarError {
  return new AvatarError('UNAUTHORIZED', message, { cause });
}

async function refusedAs<T>(reason: WebhookRefusal, check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (thrown) {
    noteWebhookRefused(reason);
    throw thrown;
  }
}
