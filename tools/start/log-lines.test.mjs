// @ts-check
import { expect, test } from 'vitest';
import { readLogLine } from './log-lines.mjs';

test('a pino line shows its message and fields without the noise', () => {
  const line = '{"level":40,"time":1,"pid":2,"hostname":"h","msg":"frame late","lateMs":12}';
  expect(readLogLine(line, 'stdout')).toEqual({ level: 'warn', text: 'frame late lateMs=12' });
});

test('a livekit-server line is read in the same way', () => {
  const line =
    '{"level":"error","ts":1,"logger":"livekit","caller":"x.go:1","msg":"no","error":"bad key"}';
  expect(readLogLine(line, 'stderr')).toEqual({ level: 'error', text: 'no error=bad key' });
});

test('an error object in a field is shown by its message', () => {
  const line =
    '{"level":50,"msg":"stopped","err":{"type":"AvatarError","message":"no face","stack":"…"}}';
  expect(readLogLine(line, 'stdout').text).toBe('stopped err=no face');
});

test('known noise is information, in JSON too', () => {
  const line = '{"level":40,"msg":"event loop blocked; synchronous work on the agent loop"}';
  expect(readLogLine(line, 'stdout').level).toBe('info');
});

test.each(
  /** @type {const} */ ([
    [' ✓ Ready in 300ms', 'stdout', 'info'],
    [' ⚠ Port changed', 'stdout', 'warn'],
    ['TypeError: x is not a function', 'stderr', 'error'],
    ['(node:1) ExperimentalThing', 'stderr', 'warn'],
    ['[ERROR livekit::rtc_session] failed to negotiate the publisher: closed', 'stderr', 'info'],
    ['error reading data channel room=a error=dtls timeout', 'stderr', 'info'],
    ['Error: x', 'stdout', 'error'],
    ['{broken', 'stdout', 'info'],
  ]),
)('plain text %j on %s is %s', (line, stream, level) => {
  expect(readLogLine(line, stream)).toEqual({ level, text: line });
});
