import { expect, test } from 'vitest';
import { parseRecording } from './recording-settings.ts';

const unset = {
  recording: undefined,
  folder: undefined,
  maxMinutes: undefined,
  viewUrl: undefined,
};

test('recording is off unless the operator turns it on', () => {
  expect(parseRecording(unset)).toBeUndefined();
  expect(parseRecording({ ...unset, recording: 'off' })).toBeUndefined();
  expect(parseRecording({ ...unset, recording: 'on' })).toEqual({
    folder: '/out',
    viewUrl: 'http://127.0.0.1:3000/recording-view',
    maxMs: 3_600_000,
  });
});

test.each([
  [{ recording: 'yes' }, /RECORDING must be off or on, not "yes"/],
  [{ folder: 'out' }, /RECORDING_FOLDER must be an absolute path/],
  [{ folder: '/out/../etc' }, /RECORDING_FOLDER/],
  [{ viewUrl: 'web:3000' }, /RECORDING_VIEW_URL must be an address/],
  [{ maxMinutes: '0' }, /RECORDING_MAX_MINUTES must be a number from 1 to 720/],
  [{ maxMinutes: 'long' }, /not "long"/],
])('%o is refused with its cure', (wrong, message) => {
  expect(() => parseRecording({ ...unset, recording: 'on', ...wrong })).toThrow(message);
});
