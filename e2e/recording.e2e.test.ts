/** Consent before recording: a real LiveKit with Redis, real people in a room, and a recorder on LiveKit's own bus. */
import { readFileSync } from 'node:fs';
import { Room } from '@livekit/rtc-node';
import { AccessToken, EgressClient, RoomServiceClient } from 'livekit-server-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sleep, waitFor } from '../agent/test/helpers/processes.ts';
import {
  RECORDING_ATTRIBUTES,
  RECORDING_TOPIC,
  type RecordingAnswer,
} from '../web/server/recording-contract.ts';
import { RecordingStack } from './harness/recording-stack.ts';
import { TestRecorder, type TakenRecording } from './harness/test-recorder.ts';

const ON = { RECORDING: 'on', RECORDING_MAX_MINUTES: '30' };
const WITHIN_MS = 10_000;
/** Well under a second on an idle machine (docs/recording.md); a busy one gets more. */
const SOON_MS = 5000;

/** A person in a room who runs a client of their own. */
class Person {
  readonly room = new Room();
  readonly token: string;
  readonly identity: string;
  /** Reasons the server gave for an end. */
  readonly told: string[] = [];

  private constructor(identity: string, token: string) {
    this.identity = identity;
    this.token = token;
    this.room.on('dataReceived', (data, sender, _kind, topic) => {
      if (sender !== undefined || topic !== RECORDING_TOPIC) return;
      const { reason } = JSON.parse(Buffer.from(data).toString()) as { reason: string };
      this.told.push(reason);
    });
  }

  static async join(name: string, room: string): Promise<Person> {
    const identity = `person-${name}-${room}`;
    const { apiKey, apiSecret, url } = stack.livekit;
    const token = new AccessToken(apiKey, apiSecret, { identity, name, ttl: 60 });
    token.addGrant({
      roomJoin: true,
      room,
      canPublish: true,
      canSubscribe: true,
      canPublishData: true,
      canUpdateOwnMetadata: false,
    });
    const person = new Person(identity, await token.toJwt());
    await person.room.connect(url, person.token, { autoSubscribe: true, dynacast: false });
    people.push(person);
    return person;
  }

  /** Somebody outside the room who calls in this person's name. */
  withToken(token: string): Person {
    return new Person(this.identity, token);
  }

  /** Call the recording API as this person's page does. */
  async call(action: string, request?: string): Promise<{ status: number; body: Answer }> {
    const answer = await fetch(`${stack.pageUrl}/api/recording`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        participant_token: this.token,
        action,
        ...(request === undefined ? {} : { request }),
      }),
    });
    return { status: answer.status, body: (await answer.json()) as Answer };
  }

  /** What this person's own client knows of the consent of `other`. */
  consentOf(other: Person): string {
    const found =
      other === this
        ? this.room.localParticipant
        : this.room.remoteParticipants.get(other.identity);
    return found?.attributes[RECORDING_ATTRIBUTES.agreed] ?? '';
  }
}
type Answer = RecordingAnswer & { error?: { code: string; message: string } };

let stack: RecordingStack;
let recorder: TestRecorder | null = null;
let people: Person[] = [];
let rooms = 0;

const newRoom = async (): Promise<string> => {
  const { httpUrl, apiKey, apiSecret } = stack.livekit;
  rooms += 1;
  const name = `room-recording-test-${rooms}`;
  await new RoomServiceClient(httpUrl, apiKey, apiSecret).createRoom({ name });
  return name;
};
const startRecorder = async (enterDelayMs = 0): Promise<TestRecorder> => {
  recorder = await TestRecorder.start(stack.livekit, stack.redis.port, enterDelayMs);
  return recorder;
};
const until = (what: string, condition: () => boolean | Promise<boolean>) =>
  waitFor(what, condition, WITHIN_MS, 20);
/** LiveKit itself lists nobody under the recorder's name: it gets nothing any more. */
const recorderIsOut = async ({ room, id }: TakenRecording): Promise<void> => {
  const { httpUrl, apiKey, apiSecret } = stack.livekit;
  const client = new RoomServiceClient(httpUrl, apiKey, apiSecret);
  await until('the recorder is out of the room', async () => {
    const members = await client.listParticipants(room);
    return !members.some(({ identity }) => identity === id);
  });
};
/** Somebody with LiveKit's API secret records a room without asking anybody. */
const startUninvited = async (room: string): Promise<EgressClient> => {
  const { httpUrl, apiKey, apiSecret } = stack.livekit;
  const egress = new EgressClient(httpUrl, apiKey, apiSecret);
  await egress.startRoomCompositeEgress(room, { filepath: '/out/hidden.mp4' } as never);
  return egress;
};
/** Two people, one asks, the other agrees; resolves when LiveKit tells both that the room is recorded. */
const record = async (room: string): Promise<[Person, Person]> => {
  const sam = await Person.join('sam', room);
  const kim = await Person.join('kim', room);
  const { body } = await sam.call('ask');
  expect((await kim.call('agree', body.request!)).status).toBe(200);
  await until('both see that it records', () => sam.room.isRecording && kim.room.isRecording);
  return [sam, kim];
};

beforeAll(async () => {
  const config = readFileSync('e2e/fixtures/realtime.yaml', 'utf8');
  stack = await RecordingStack.start(config, ON);
});
afterEach(async () => {
  await Promise.all(people.map(({ room }) => room.disconnect()));
  people = [];
  await recorder?.die();
  recorder = null;
  stack.webhooks.lose = false;
});
afterAll(() => stack.stop());

describe('recording', () => {
  it('is off by default: nobody can ask, and the answer says who could turn it on', async () => {
    await stack.restartPage({});
    const sam = await Person.join('sam', await newRoom());
    expect((await sam.call('look')).body).toEqual({ offered: false, request: null });
    for (const action of ['ask', 'agree', 'decline', 'stop']) {
      const { status, body } = await sam.call(action, 'r1');
      expect(status).toBe(403);
      expect(body.error).toMatchObject({ code: 'RECORDING_OFF' });
      expect(body.error?.message).toContain('RECORDING=on');
    }
    await stack.restartPage(ON);
    expect((await sam.call('look')).body).toEqual({ offered: true, request: null });
  });

  it('starts only when everyone in the room has agreed, and everyone can see that it runs', async () => {
    const taking = await startRecorder();
    const room = await newRoom();
    const sam = await Person.join('sam', room);
    const kim = await Person.join('kim', room);
    const lee = await Person.join('lee', room);

    const { status, body } = await sam.call('ask');
    expect(status).toBe(200);
    const request = body.request!;
    await until('the others see who asks', () => kim.consentOf(sam) === request);
    await kim.call('agree', request);
    await sleep(1500);
    expect(taking.taken).toEqual([]);
    expect(sam.room.isRecording).toBe(false);

    await lee.call('agree', request);
    const all = [sam, kim, lee];
    await until('all see the mark', () => all.every((person) => person.room.isRecording));
    expect(taking.taken).toHaveLength(1);
    expect(taking.taken[0]?.filepath).toMatch(/^\/out\/[\dT-]+Z-room-recordi\.mp4$/);
  });

  it('does not start when one declines, and all consent is forgotten', async () => {
    const taking = await startRecorder();
    const room = await newRoom();
    const sam = await Person.join('sam', room);
    const kim = await Person.join('kim', room);
    const { body } = await sam.call('ask');
    expect((await kim.call('decline')).body).toEqual({ offered: true, request: null });
    await until('both are told', () => [sam, kim].every(({ told }) => told.includes('declined')));
    await until('consent is gone', () => kim.consentOf(sam) === '');
    // An answer to a request that is over starts nothing.
    const late = await kim.call('agree', body.request!);
    expect([late.status, late.body.error?.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(taking.taken).toEqual([]);
  });

  it('ends at once when anyone withdraws', async () => {
    const taking = await startRecorder();
    const [sam, kim] = await record(await newRoom());
    const withdrawnMs = Date.now();
    await kim.call('stop');
    await recorderIsOut(taking.taken[0]!);
    expect(Date.now() - withdrawnMs).toBeLessThan(SOON_MS);
    await until('the mark goes', () => !sam.room.isRecording && !kim.room.isRecording);
    await until('both are told', () => [sam, kim].every(({ told }) => told.includes('stopped')));
    await sleep(1500);
    expect(taking.taken).toHaveLength(1);
  });

  it('pauses when somebody joins, and goes on when they agree', async () => {
    const taking = await startRecorder();
    const room = await newRoom();
    const [sam] = await record(room);
    const lee = await Person.join('lee', room);
    const joinedMs = Date.now();
    await lee.call('look');
    await recorderIsOut(taking.taken[0]!);
    expect(Date.now() - joinedMs).toBeLessThan(SOON_MS);
    // The newcomer may hear of it too, but LiveKit's webhook can be faster than their data channel.
    await until('those who were there are told why', () => sam.told.includes('newcomer'));
    await until('the mark goes', () => !lee.room.isRecording);

    await lee.call('agree', lee.consentOf(sam));
    await until('it records again', () => lee.room.isRecording);
    expect(taking.taken).toHaveLength(2);
  });

  const pausesForSilentNewcomer = async (): Promise<void> => {
    const taking = await startRecorder();
    const room = await newRoom();
    await record(room);
    await Person.join('lee', room);
    const joinedMs = Date.now();
    await recorderIsOut(taking.taken[0]!);
    expect(Date.now() - joinedMs).toBeLessThan(SOON_MS);
    await sleep(1500);
    expect(taking.taken).toHaveLength(1);
  };

  it('pauses for a newcomer whose client says nothing at all', pausesForSilentNewcomer);

  it('pauses for such a newcomer when LiveKit’s webhooks are lost, too', async () => {
    stack.webhooks.lose = true;
    await pausesForSilentNewcomer();
  });

  it('stops a recorder that comes late, when consent is gone by then', async () => {
    const taking = await startRecorder(1500);
    const room = await newRoom();
    const sam = await Person.join('sam', room);
    const kim = await Person.join('kim', room);
    const { body } = await sam.call('ask');
    await kim.call('agree', body.request!);
    expect(taking.taken).toHaveLength(1);
    await kim.call('stop');
    await sleep(2000);
    await recorderIsOut(taking.taken[0]!);
    expect(kim.room.isRecording).toBe(false);
  });

  it('ends when the one who asked leaves', async () => {
    const taking = await startRecorder();
    const [sam, kim] = await record(await newRoom());
    await sam.room.disconnect();
    await recorderIsOut(taking.taken[0]!);
    await until('the other is told', () => kim.told.includes('asker-left'));
  });

  it('two answers at the same moment start one recording', async () => {
    const taking = await startRecorder();
    const room = await newRoom();
    const all = await Promise.all(['sam', 'kim', 'lee'].map((name) => Person.join(name, room)));
    const [sam, kim, lee] = all as [Person, Person, Person];
    const request = (await sam.call('ask')).body.request!;
    await Promise.all([kim.call('agree', request), lee.call('agree', request), sam.call('look')]);
    await until('it records', () => all.every((person) => person.room.isRecording));
    await sleep(1500);
    expect(taking.taken).toHaveLength(1);
  });

  it('when two ask at the same moment, both answer one request', async () => {
    await startRecorder();
    const room = await newRoom();
    const sam = await Person.join('sam', room);
    const kim = await Person.join('kim', room);
    const asked = await Promise.all([sam.call('ask'), kim.call('ask')]);
    const requests = new Set(asked.map(({ body }) => body.request));
    expect(requests.size).toBe(1);
  });

  it('a recorder that dies ends the recording; it is not started again behind people’s backs', async () => {
    const taking = await startRecorder();
    const [sam, kim] = await record(await newRoom());
    await taking.die();
    await until('the mark goes', () => !sam.room.isRecording);
    await sleep(1500);
    expect(taking.taken).toHaveLength(1);
    await kim.call('stop');
    await until('consent is gone', () => kim.consentOf(sam) === '');
  });

  it('without a recorder: the code, the cure, and no consent left', async () => {
    const sam = await Person.join('sam', await newRoom());
    const { status, body } = await sam.call('ask');
    expect([status, body.error?.code]).toEqual([503, 'RECORDING_UNAVAILABLE']);
    expect(body.error?.message).toContain('profile "recording"');
    await until('they are told', () => sam.told.includes('unavailable'));
    expect(sam.consentOf(sam)).toBe('');
  }, 60_000);

  it('a restart of the page’s server does not let a recording go on without its rules', async () => {
    stack.webhooks.lose = true;
    const taking = await startRecorder();
    const room = await newRoom();
    const [sam] = await record(room);
    await stack.restartPage(ON);
    expect(sam.room.isRecording).toBe(true);
    await Person.join('lee', room);
    await recorderIsOut(taking.taken[0]!);
  });

  it('only a person in the room has a say, and nobody can write consent by themselves', async () => {
    await startRecorder();
    const room = await newRoom();
    const sam = await Person.join('sam', room);
    const gone = await Person.join('gone', room);
    await gone.room.disconnect();
    expect((await gone.call('ask')).body.error?.code).toBe('SESSION_CLOSED');
    const forged = sam.withToken(`${sam.token.slice(0, -4)}AAAA`);
    const answer = await forged.call('ask');
    expect([answer.status, answer.body.error?.code]).toEqual([401, 'UNAUTHORIZED']);

    const kim = await Person.join('kim', room);
    const request = (await sam.call('ask')).body.request!;
    const own = { [RECORDING_ATTRIBUTES.agreed]: request };
    await kim.room.localParticipant?.setAttributes(own).catch(() => undefined);
    await sleep(1000);
    expect(sam.consentOf(kim)).toBe('');
    expect(sam.room.isRecording).toBe(false);
  });

  it('a recorder that nobody agreed to is put out as soon as a page looks', async () => {
    stack.webhooks.lose = true;
    const taking = await startRecorder();
    const room = await newRoom();
    const sam = await Person.join('sam', room);
    await startUninvited(room);
    await until('the mark shows', () => sam.room.isRecording);
    await sam.call('look');
    await recorderIsOut(taking.taken[0]!);
  });

  it('a recorder that nobody agreed to is put out when no page ever looks', async () => {
    const taking = await startRecorder();
    const room = await newRoom();
    const sam = await Person.join('sam', room);
    const answersBefore = stack.webhooks.answers.length;
    const egress = await startUninvited(room);
    await until('LiveKit has no recorder for the room any more', async () => {
      return (await egress.listEgress({ roomName: room, active: true })).length === 0;
    });
    await recorderIsOut(taking.taken[0]!);
    await until('no mark shows', () => !sam.room.isRecording);
    const answers = stack.webhooks.answers.slice(answersBefore);
    expect(answers.length).toBeGreaterThan(0);
    expect(new Set(answers)).toEqual(new Set([200]));
  });
});
