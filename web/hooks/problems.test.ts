import { expect, test } from 'vitest';
import { microphoneProblem, serviceProblem } from './problems.ts';

test.each([
  ['NotAllowedError', 'MIC_BLOCKED'],
  ['SecurityError', 'MIC_BLOCKED'],
  ['NotFoundError', 'MIC_NOT_FOUND'],
  ['OverconstrainedError', 'MIC_NOT_FOUND'],
  ['NotReadableError', 'MIC_IN_USE'],
  ['AbortError', 'MIC_IN_USE'],
])('%s of getUserMedia becomes %s, with the technical text kept', (name, code) => {
  const problem = microphoneProblem(new DOMException('device said no', name));
  expect(problem).toMatchObject({ code, action: 'retry-microphone' });
  expect(problem.detail).toBe(`${name}: device said no`);
  expect(problem.cure).not.toBe('');
});

test('what the service says is the cure; unknown codes still get a title', () => {
  expect(serviceProblem('SESSION_LIMIT_REACHED', 'All 4 seats are taken.')).toMatchObject({
    title: 'All avatars are taken',
    cure: 'All 4 seats are taken.',
  });
  expect(serviceProblem('SOMETHING_NEW', 'Hm.').title).toBe('That did not work');
});
