/** The engine's Unix socket under attack, while one honest session speaks on. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import { encodeJsonMessage, encodeMessage } from '../../src/engine/message-reader.ts';
import {
  AUDIO_PAYLOAD_BYTES,
  JobMessage,
  MAX_JOB_MESSAGE_BYTES,
} from '../../src/engine/protocol.ts';
import { configWith, numberAvatar, NumberCatalogue } from '../helpers/engine-catalogue.ts';
import { TestEngineClient } from '../helpers/engine-client.ts';
import { sleep, waitFor } from '../helpers/processes.ts';
import { FUZZ_TIMEOUT_MS, fuzzing } from './fuzz.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const tone = (i: number): number => 0.5 * Math.sin((2 * Math.PI * 440 * i) / 16_000);
let engine: Engine;
let honest: TestEngineClient;
let speaking = true;
let spoken: Promise<void>;

beforeAll(async () => {
  engine = await Engine.start({
    config: configWith({ max_sessions: 4, render_threads: 1 }),
    registry: new NumberCatalogue([numberAvatar('box', 'probe'), numberAvatar('wide', 'probe')]),
    modelsDir: 'models',
    logger: quiet,
  });
  honest = await TestEngineClient.open(engine.socketPath, 'box');
  spoken = (async () => {
    while (speaking) await honest.speak(10, tone);
  })();
});
afterAll(async () => {
  speaking = false;
  await spoken;
  honest.close();
  await engine.close();
});

/** Send, hang up or wait; everything the engine answered, as text, and whether it closed. */
function attack(bytes: Buffer, waitMs: number): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(engine.socketPath);
    let text = '';
    const done = (closed: boolean): void => {
      socket.destroy();
      resolve({ text, closed });
    };
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', () => done(true));
    socket.on('close', () => done(true));
    setTimeout(() => done(false), waitMs);
  });
}

/** The honest session gets the frames of what it says from now on, with the only render thread shared. */
async function expectHonestSessionGoesOn(): Promise<void> {
  const before = honest.frames.length;
  await waitFor('frames of the honest session', () => honest.frames.length > before + 5, 10_000, 5);
  expect(honest.isClosed).toBe(false);
  honest.frames.splice(0);
}

const number = fc.oneof(
  fc.nat(5),
  fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 1e308),
);
const u32 = fc.oneof(fc.nat(50), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1));
const audio = fc.tuple(u32, u32).map(([epoch, chunkIndex]) => {
  const payload = Buffer.alloc(AUDIO_PAYLOAD_BYTES, 7);
  payload.writeUInt32LE(epoch, 0);
  payload.writeUInt32LE(chunkIndex, 4);
  return encodeMessage(JobMessage.audio, payload);
});
const open = fc
  .constantFrom('box', 'wide', 'nobody')
  .map((avatarId) => encodeJsonMessage(JobMessage.open, { avatarId, sessionId: 'fuzz' }));
const control = fc
  .record({
    type: fc.constantFrom(...Object.values(JobMessage)),
    value: fc.record(
      {
        requestId: number,
        avatarId: fc.constantFrom('box', 'wide', 'nobody', '__proto__', ''),
        name: fc.constantFrom('beep', 'none', '../x'),
        epoch: number,
        fromFrame: number,
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ type, value }) => {
    const keys: Record<number, readonly string[]> = {
      [JobMessage.select]: ['requestId', 'avatarId'],
      [JobMessage.interrupt]: ['epoch', 'fromFrame'],
      [JobMessage.clip]: ['requestId', 'name'],
      [JobMessage.list]: ['requestId'],
    };
    const known = keys[type];
    const entries = Object.entries(value).filter(([key]) => known?.includes(key) ?? true);
    return encodeJsonMessage(type, Object.fromEntries(entries));
  });
const anyMessage = fc
  .tuple(fc.nat(255), fc.uint8Array({ maxLength: 700 }))
  .map(([type, payload]) => encodeMessage(type, payload));
const stated = fc
  .tuple(
    fc.constantFrom(0, 1, MAX_JOB_MESSAGE_BYTES, MAX_JOB_MESSAGE_BYTES + 1, 2 ** 31, 2 ** 32 - 1),
    fc.nat(255),
  )
  .map(([length, type]) => {
    const head = Buffer.alloc(5);
    head.writeUInt32LE(length, 0);
    head[4] = type;
    return head;
  });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

it(
  'whatever is sent to it, other sessions go on and no session is left over',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        open,
        fc.array(fc.oneof(audio, control, control, open, anyMessage, stated, bytes), {
          maxLength: 12,
        }),
        fc.constantFrom(5, 30),
        async (isOpened, first, messages, waitMs) => {
          await attack(Buffer.concat(isOpened ? [first, ...messages] : messages), waitMs);
        },
      ),
      fuzzing(120),
    );
    await expectHonestSessionGoesOn();
    await waitFor('only the honest session is left', () => engine.activeSessions === 1);
  },
  FUZZ_TIMEOUT_MS,
);

it.each([
  ['audio before open', encodeMessage(JobMessage.audio, Buffer.alloc(AUDIO_PAYLOAD_BYTES))],
  ['no JSON', encodeMessage(JobMessage.open, Buffer.from('{'))],
  ['an unknown message', encodeMessage(200, Buffer.alloc(3))],
  ['a length of nothing', Buffer.alloc(5)],
  ['a length of 4 GB', Buffer.alloc(5, 255)],
  [
    'two opens',
    Buffer.concat([
      encodeJsonMessage(JobMessage.open, { avatarId: 'box', sessionId: 'a' }),
      encodeJsonMessage(JobMessage.open, { avatarId: 'box', sessionId: 'b' }),
    ]),
  ],
])('%s: says PROTOCOL_VIOLATION and closes', async (_what, message) => {
  const { text, closed } = await attack(message, 3000);
  expect(text).toContain('PROTOCOL_VIOLATION');
  expect(closed).toBe(true);
  await expectHonestSessionGoesOn();
});

it('numbers that do not fit the wire are a violation, not an internal error', async () => {
  const opening = encodeJsonMessage(JobMessage.open, { avatarId: 'box', sessionId: 'a' });
  const clip = encodeJsonMessage(JobMessage.clip, { requestId: 2 ** 32, name: 'beep' });
  const { text } = await attack(Buffer.concat([opening, clip]), 3000);
  expect(text).toContain('PROTOCOL_VIOLATION');
  expect(text).not.toContain('INTERNAL');
});

it('a chunk index from far ahead takes nobody’s time', async () => {
  const attacker = await TestEngineClient.open(engine.socketPath, 'wide');
  attacker.sendChunk(tone, 0);
  attacker.sendChunk(tone, 2 ** 32 - 1);
  attacker.send(JobMessage.interrupt, { epoch: 2 ** 32 - 1, fromFrame: 2 ** 32 - 1 });
  attacker.sendChunk(tone, 2 ** 31);
  await sleep(100);
  await expectHonestSessionGoesOn();
  attacker.close();
  await waitFor('the attacker is gone', () => engine.activeSessions === 1);
});

it('hundreds of connections that say nothing keep no session out for longer than they last', async () => {
  const silent = Array.from({ length: 300 }, () =>
    connect(engine.socketPath).on('error', () => undefined),
  );
  await sleep(200);
  await expectHonestSessionGoesOn();
  for (const socket of silent) socket.destroy();
  await sleep(100);
  const late = await TestEngineClient.open(engine.socketPath, 'wide');
  expect(late.opened).toBeDefined();
  late.close();
});
