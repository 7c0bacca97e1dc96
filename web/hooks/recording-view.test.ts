import { expect, test } from 'vitest';
import { RECORDING_ATTRIBUTES, recordingEndSchema } from '../server/recording-contract.ts';
import { RECORDING_ENDS, recordingView, type NamedPerson } from './recording-view.ts';

const { asked, agreed } = RECORDING_ATTRIBUTES;
const sam: NamedPerson = {
  identity: 'sam',
  name: 'Sam',
  attributes: { [asked]: 'r1', [agreed]: 'r1' },
};
const kim = (answer?: string): NamedPerson => ({
  identity: 'kim',
  name: 'Kim',
  attributes: answer === undefined ? {} : { [agreed]: answer },
});

test('who is asked sees who asks; who asked sees that others are waited for', () => {
  const people = [sam, kim()];
  expect(recordingView(people, 'kim', false)).toEqual({
    live: false,
    toAnswer: 'r1',
    waiting: false,
    asker: 'Sam',
  });
  expect(recordingView(people, 'sam', false)).toMatchObject({ toAnswer: null, waiting: true });
});

test('the indicator shows as soon as all have agreed, and whenever LiveKit sees a recorder', () => {
  expect(recordingView([sam, kim('r1')], 'kim', false).live).toBe(true);
  expect(recordingView([kim()], 'kim', true).live).toBe(true);
  expect(recordingView([sam, kim()], 'kim', true)).toMatchObject({ live: true, toAnswer: 'r1' });
  expect(recordingView([kim()], 'kim', false).live).toBe(false);
});

test('a person without a name is still somebody', () => {
  expect(recordingView([{ ...sam, name: ' ' }, kim()], 'kim', false).asker).toBe(
    'Someone in this room',
  );
});

test('every way to end has its sentence', () => {
  for (const reason of recordingEndSchema.shape.reason.options) {
    expect(RECORDING_ENDS[reason]).toMatch(/^[A-Z].*\.$/);
  }
});
