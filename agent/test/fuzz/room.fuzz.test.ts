/** A participant who misbehaves in the room: the job lives, and the avatar goes on. */
import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
} from '@livekit/rtc-node';
import fc from 'fast-check';
import { AccessToken } from 'livekit-server-sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RPC } from '../../src/api/contract.ts';
import { ERRORS } from '../../src/errors.ts';
import { TestAgent } from '../helpers/agent-process.ts';
import { TestLivekitServer } from '../helpers/livekit-server.ts';
import { probeConfig } from '../helpers/probe-config.ts';
import { isAlive, sleep, waitFor } from '../helpers/processes.ts';
import { beeps, RoomUser } from '../helpers/room-user.ts';
import { FUZZ_TIMEOUT_MS, fuzzing } from './fuzz.ts';

const ROOM = 'abuse';
let livekit: TestLivekitServer;
let agent: TestAgent;
let user: RoomUser;
let jobs: number[];

beforeAll(async () => {
  livekit = await TestLivekitServer.start();
  agent = await TestAgent.start({ livekit, config: probeConfig('max_sessions: 1') });
  const { apiKey, apiSecret, url } = livekit;
  const token = new AccessToken(apiKey, apiSecret, { identity: 'user', ttl: '10m' });
  token.addGrant({
    ...{ roomJoin: true, room: ROOM, canPublish: true, canSubscribe: true },
    canUpdateOwnMetadata: true,
  });
  user = await RoomUser.enter(url, await token.toJwt(), 'user');
  const claims = { room: ROOM, participant: 'user', avatar: 'probe_a' };
  await agent.dispatch(ROOM, await agent.metadata(claims));
  await user.firstFrame(60_000);
  jobs = await agent.jobPids();
});
afterAll(async () => {
  await user.leave();
  await agent.stop();
  await livekit.stop();
});

const local = () => user.room.localParticipant!;
const asMicrophone = () => new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });

/** Pictures keep coming from the same job, and its methods answer. */
async function expectAvatarGoesOn(): Promise<void> {
  const before = user.seen.length;
  await waitFor('more pictures', () => user.seen.length > before + 10, 15_000);
  expect(await user.rpc(RPC.list, {})).toBeInstanceOf(Array);
  expect((await agent.status()).activeSessions).toBe(1);
  expect(jobs.filter(isAlive)).toEqual(jobs);
}

it('a picture published as a microphone is left alone', async () => {
  const source = new VideoSource(64, 64);
  const track = LocalVideoTrack.createVideoTrack('mic', source);
  const { sid } = await local().publishTrack(track, asMicrophone());
  const frame = new VideoFrame(new Uint8Array(64 * 64 * 4), 64, 64, VideoBufferType.RGBA);
  for (let i = 0; i < 10; i += 1) {
    source.captureFrame(frame);
    await sleep(20);
  }
  await expectAvatarGoesOn();
  await local().unpublishTrack(sid!);
});

it('six microphones at once, one after the other gone', async () => {
  const sids: string[] = [];
  for (let i = 0; i < 6; i += 1) {
    const source = new AudioSource(48_000, 1);
    const track = LocalAudioTrack.createAudioTrack(`mic ${i}`, source);
    sids.push((await local().publishTrack(track, asMicrophone())).sid!);
    await source.captureFrame(new AudioFrame(new Int16Array(480).fill(9000), 48_000, 1, 480));
  }
  await expectAvatarGoesOn();
  for (const sid of sids) await local().unpublishTrack(sid);
  // A proper microphone is heard afterwards: the probe's face turns white with each beep.
  await user.speak(beeps);
  const fromMs = performance.now();
  await waitFor(
    'a flash',
    () => user.seen.some(({ atMs, luma }) => atMs > fromMs && luma > 128),
    20_000,
  );
});

it('attributes that change as fast as they can', async () => {
  const endMs = performance.now() + 1500;
  const pending: Promise<unknown>[] = [];
  for (let i = 0; performance.now() < endMs; i += 1) {
    const changed = { 'avatar.id': `x${i}`, 'lk.agent.state': 'speaking', n: 'x'.repeat(i % 500) };
    pending.push(
      local()
        .setAttributes(changed)
        .catch(() => undefined),
    );
    if (i % 50 === 0) await sleep(1);
  }
  await expectAvatarGoesOn();
  await Promise.race([Promise.all(pending), sleep(5000)]);
});

it(
  'any payload to any method is answered with JSON or a code of the table',
  async () => {
    const payload = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.json({ maxDepth: 3 }),
      fc.nat(14_000).map((count) => '['.repeat(count)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.values(RPC)), payload, async (method, text) => {
        const code = await user.rpcErrorCode(method, text);
        if (code !== undefined) expect([...Object.keys(ERRORS)]).toContain(code);
        expect(code).not.toBe('INTERNAL');
      }),
      fuzzing(40),
    );
    await expectAvatarGoesOn();
  },
  FUZZ_TIMEOUT_MS,
);
