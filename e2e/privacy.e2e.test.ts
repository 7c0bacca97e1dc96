/** Who receives a person's microphone: a real room with a real listener who tries to. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { Room, RoomEvent, TrackKind } from '@livekit/rtc-node';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { join, launchBrowser, leaveAndClose, openPage } from './harness/browser.ts';
import { startStack, type Stack } from './harness/stack.ts';
import { speechThenSilence, writeWav } from './harness/wav.ts';

const folder = mkdtempSync(joinPath(tmpdir(), 'avatar-privacy-'));
const speech = joinPath(folder, 'speech.wav');
/** Made by the first start. */
const readKeys = (): { apiKey: string; apiSecret: string } =>
  JSON.parse(readFileSync('.keys/dev.json', 'utf8')) as { apiKey: string; apiSecret: string };

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Join the only room as somebody with every right to listen that LiveKit can give. */
async function listen(stack: Stack): Promise<{ room: Room; heard: Set<string>; close(): void }> {
  const { apiKey, apiSecret } = readKeys();
  const rooms = new RoomServiceClient(stack.livekitUrl.replace('ws', 'http'), apiKey, apiSecret);
  const [found] = await rooms.listRooms();
  const token = new AccessToken(apiKey, apiSecret, { identity: 'listener' });
  token.addGrant({ roomJoin: true, room: found?.name ?? '', canSubscribe: true, roomAdmin: true });
  const room = new Room();
  /** `identity kind` of every track that arrived. */
  const heard = new Set<string>();
  room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
    const kind = track.kind === TrackKind.KIND_AUDIO ? 'audio' : 'video';
    heard.add(`${participant.identity.split('-')[0]} ${kind}`);
  });
  await room.connect(stack.livekitUrl, await token.toJwt(), {
    autoSubscribe: true,
    dynacast: false,
  });
  return { room, heard, close: () => void room.disconnect() };
}

describe.each(['avatar-only', 'room'])('privacy: %s', (privacy) => {
  let stack: Stack;
  let browser: Browser;
  beforeAll(async () => {
    writeWav(speech, speechThenSilence('avatars/ava/clips/hello.wav', 500));
    const config = joinPath(folder, `${privacy}.yaml`);
    const fixture = readFileSync('e2e/fixtures/realtime.yaml', 'utf8');
    writeFileSync(config, fixture.replace('service:\n', `service:\n  privacy: ${privacy}\n`));
    stack = await startStack({ config });
    browser = await launchBrowser(speech);
  });
  afterAll(async () => {
    await leaveAndClose(browser);
    await stack.stop();
  });

  it('the avatar hears the person; whether others do is as configured', async () => {
    const page = await openPage(browser, stack.pageUrl);
    await join(page, 'ava');
    const state = page.getByTestId('state');
    await until('the avatar speaks', async () => {
      return (await state.getAttribute('data-state')) === 'speaking';
    });

    const listener = await listen(stack);
    await until('the avatar is heard and seen by others', () => {
      return listener.heard.has('avatar audio') && listener.heard.has('avatar video');
    });
    const person = [...listener.room.remoteParticipants.values()].find(({ identity }) =>
      identity.startsWith('person-'),
    );
    const microphones = [...(person?.trackPublications.values() ?? [])];
    expect(microphones).toHaveLength(1);
    for (const publication of microphones) publication.setSubscribed(true);
    if (privacy === 'room') {
      await until('the person is heard by others', () => listener.heard.has('person audio'));
    } else {
      await new Promise((resolve) => setTimeout(resolve, 5000));
      expect([...listener.heard].sort()).toEqual(['avatar audio', 'avatar video']);
    }
    listener.close();
  });
});
