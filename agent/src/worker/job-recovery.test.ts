import { decodeJwt, SignJWT } from 'jose';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { DISPATCH_AUDIENCE } from '../api/contract.ts';
import { verifyDispatch } from './dispatch-claims.ts';
import { JobRecovery } from './job-recovery.ts';
import type { WatchedJob } from './job-recovery.ts';
import type { RoomMember } from './room-control.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const ANN: RoomMember = { identity: 'ann', driver: undefined };
const ANNS: RoomMember = { identity: 'avatar-1', driver: 'ann' };
const BOBS: RoomMember = { identity: 'avatar-2', driver: 'bob' };

/** A room as LiveKit would list it; notes what is done to it. */
function roomWith(...members: RoomMember[]) {
  const done: string[] = [];
  const sent: string[] = [];
  const rooms = {
    members: () => Promise.resolve(members),
    remove: (_room: string, identity: string) => Promise.resolve(void done.push(`- ${identity}`)),
    forgetDispatch: (_room: string, id: string) => Promise.resolve(void done.push(`forget ${id}`)),
    dispatch: (room: string, metadata: string) => {
      done.push(`+ ${room}`);
      sent.push(metadata);
      return Promise.resolve();
    },
  };
  const logger = pino({ level: 'silent' });
  return { done, sent, recovery: new JobRecovery({ rooms, apiSecret: SECRET, logger }) };
}

async function annsJob(expires = '1m'): Promise<WatchedJob> {
  const metadata = await new SignJWT({ room: 'r', participant: 'ann', avatar: 'ava', seat: 7 })
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience(DISPATCH_AUDIENCE)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(SECRET));
  return { id: 'j', room: 'r', dispatchId: 'd', identity: 'avatar-1', driver: 'ann', metadata };
}

const settle = (ms = 30) => new Promise((resolve) => setTimeout(resolve, ms));
const NONE: ReadonlySet<string> = new Set();

describe('a job that has ended', () => {
  it('is put out and sent for again when its avatar is still listed', async () => {
    const { done, sent, recovery } = roomWith(ANN, ANNS, BOBS);
    recovery.watch(await annsJob('-1h')); // expiry ends the right to start, not the session
    recovery.noteShown({ sessionId: 'j', avatarId: 'leo' });
    recovery.observe(new Set(['j']));
    recovery.observe(NONE);
    await settle();
    expect(done).toEqual(['- avatar-1', 'forget d', '+ r']);
    const claims = await verifyDispatch(sent[0]!, 'r', SECRET);
    expect(claims).toMatchObject({ room: 'r', participant: 'ann', avatar: 'leo' });
    expect(decodeJwt(sent[0]!)).toHaveProperty('seat', 7);
  });

  it('is left alone when its avatar has left the room: it ended in good order', async () => {
    const { done, recovery } = roomWith(ANN, BOBS);
    recovery.watch(await annsJob());
    recovery.observe(NONE);
    await settle();
    expect(done).toEqual([]);
  });

  it('is only put out when its person has gone too', async () => {
    const { done, recovery } = roomWith(ANNS, BOBS);
    recovery.watch(await annsJob());
    recovery.observe(NONE);
    await settle();
    expect(done).toEqual(['- avatar-1', 'forget d']);
  });

  it('is only put out when the person has another avatar already', async () => {
    const { done, recovery } = roomWith(ANN, ANNS, { identity: 'avatar-9', driver: 'ann' });
    recovery.watch(await annsJob());
    recovery.observe(NONE);
    await settle();
    expect(done).toEqual(['- avatar-1', 'forget d']);
  });

  it('is left alone when the worker stops', async () => {
    const { done, recovery } = roomWith(ANN, ANNS);
    recovery.watch(await annsJob());
    recovery.close();
    recovery.observe(NONE);
    await settle();
    expect(done).toEqual([]);
  });

  it('four times within a minute is sent for three times', async () => {
    const { done, recovery } = roomWith(ANN, ANNS);
    for (let death = 0; death < 4; death += 1) {
      recovery.watch(await annsJob());
      recovery.observe(NONE);
    }
    await settle(5500);
    expect(done.filter((what) => what === '+ r')).toHaveLength(3);
  });
});

it('a job that never started is sent for again', async () => {
  const { done, recovery } = roomWith(ANN, BOBS);
  recovery.lost(await annsJob());
  await settle();
  expect(done).toEqual(['forget d', '+ r']);
});
