import { expect, test } from 'vitest';
import { recordingPath } from './recording-livekit.ts';

test('a file is named by time and the first letters of the room, nothing else', () => {
  const at = Date.UTC(2026, 10, 21, 2, 40, 5);
  expect(recordingPath('/out', 'room-AbCdEfGhIjKlMnOp', at)).toBe(
    '/out/2026-11-21T02-40-05Z-room-AbCdEfG.mp4',
  );
  expect(recordingPath('/out', '../../etc/x', at)).toBe('/out/2026-11-21T02-40-05Z-etcx.mp4');
});
