import { expect, test } from 'vitest';
import { RECORDING_ATTRIBUTES, openRequest, type Person } from './recording-contract.ts';
import { RECORDER_START_MS, planRecording, type RoomSnapshot } from './recording-plan.ts';

const { asked, agreed } = RECORDING_ATTRIBUTES;
const NOTHING = { stop: [], start: false, end: false, reason: null };

const asker = (id = 'r1'): Person => ({
  identity: 'sam',
  attributes: { [asked]: id, [agreed]: id },
});
const person = (identity: string, id = ''): Person => ({ identity, attributes: { [agreed]: id } });
const stranger = (identity: string): Person => ({ identity, attributes: {} });
const recorder = (id: string, ageMs = 0, present = true) => ({
  id,
  ageMs,
  present,
});
const room = (people: Person[], more: Partial<RoomSnapshot> = {}): RoomSnapshot => ({
  people,
  recorders: [],
  strays: [],
  endedRequests: new Set(),
  wasRecording: false,
  held: false,
  maxMs: 60_000,
  ...more,
});

test('nobody asked: nothing happens', () => {
  expect(planRecording(room([stranger('sam'), stranger('kim')]))).toEqual(NOTHING);
});

test('recording starts when everyone in the room has agreed, not before', () => {
  expect(planRecording(room([asker(), stranger('kim')]))).toEqual(NOTHING);
  expect(planRecording(room([asker(), person('kim', 'r1'), stranger('lee')]))).toEqual(NOTHING);
  expect(planRecording(room([asker(), person('kim', 'r1')]))).toEqual({ ...NOTHING, start: true });
});

test('agreement to an earlier request does not count for a later one', () => {
  expect(planRecording(room([asker('r2'), person('kim', 'r1')]))).toEqual(NOTHING);
});

test('somebody who has not agreed is in the room: the recorder is put out, the request stays', () => {
  const people = [asker(), person('kim', 'r1'), stranger('lee')];
  expect(planRecording(room(people, { recorders: [recorder('E1')], wasRecording: true }))).toEqual({
    stop: ['E1'],
    start: false,
    end: false,
    reason: 'newcomer',
  });
});

test('the newcomer agrees: recording goes on with a new recorder', () => {
  const people = [asker(), person('kim', 'r1'), person('lee', 'r1')];
  expect(planRecording(room(people))).toEqual({ ...NOTHING, start: true });
});

test('the one who asked has left: everything ends', () => {
  const snapshot = room([person('kim', 'r1')], { recorders: [recorder('E1')] });
  expect(planRecording(snapshot)).toEqual({
    stop: ['E1'],
    start: false,
    end: true,
    reason: 'asker-left',
  });
});

test('a recorder that nobody here asked for is put out', () => {
  expect(planRecording(room([stranger('kim')], { recorders: [recorder('E9')] }))).toMatchObject({
    stop: ['E9'],
    end: true,
  });
});

test('an ended request cannot start anything, however late LiveKit forgets it', () => {
  const snapshot = room([asker(), person('kim', 'r1')], { endedRequests: new Set(['r1']) });
  expect(planRecording(snapshot)).toEqual({ ...NOTHING, end: true });
});

test('a recorder that was told to stop and is still in the room is put out again', () => {
  const snapshot = room([asker(), person('kim', 'r1')], {
    recorders: [recorder('E2')],
    strays: ['E1'],
  });
  expect(planRecording(snapshot)).toEqual({ ...NOTHING, stop: ['E1'] });
});

test('a recorder that ended by itself is not started again', () => {
  expect(planRecording(room([asker()], { wasRecording: true }))).toEqual({
    ...NOTHING,
    end: true,
    reason: 'failed',
  });
});

test('a recorder that never comes into the room is given up', () => {
  const late = recorder('E1', RECORDER_START_MS + 1, false);
  expect(planRecording(room([asker()], { recorders: [late] }))).toEqual({
    stop: ['E1'],
    start: false,
    end: true,
    reason: 'failed',
  });
});

test('two recorders for one request: the older one stays', () => {
  const recorders = [recorder('E1', 10_000), recorder('E2', 1000)];
  expect(planRecording(room([asker()], { recorders }))).toEqual({ ...NOTHING, stop: ['E2'] });
});

test('the longest duration ends it', () => {
  const snapshot = room([asker()], { recorders: [recorder('E1', 60_001)] });
  expect(planRecording(snapshot)).toMatchObject({ stop: ['E1'], end: true, reason: 'limit' });
});

test('while somebody is on the way in, nothing starts', () => {
  expect(planRecording(room([asker()], { held: true }))).toEqual(NOTHING);
});

test('of two requests at the same moment one holds, the same for everybody', () => {
  const kim: Person = { identity: 'kim', attributes: { [asked]: 'r0', [agreed]: 'r0' } };
  for (const people of [
    [asker('r1'), kim],
    [kim, asker('r1')],
  ]) {
    expect(openRequest(people)).toEqual({ id: 'r0', asker: 'kim', agreedByAll: false });
  }
});
