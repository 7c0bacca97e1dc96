import { createSessionSchema } from '@live-avatar/agent/contract';
import { expect, test } from 'vitest';
import { MAX_BODY_BYTES, readJsonBody } from './read-json-body.ts';
import { respondError } from './respond.ts';

const post = (body: string | null, type = 'application/json'): Request =>
  new Request('http://localhost/api/sessions', {
    method: 'POST',
    body,
    headers: { 'content-type': type },
  });
const answerOf = async (request: Request): Promise<[number, string]> => {
  try {
    await readJsonBody(request, createSessionSchema);
  } catch (thrown) {
    const answer = respondError(thrown);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('REQUEST_INVALID');
    return [answer.status, error.message];
  }
  return [200, ''];
};

test('a good body comes back parsed', async () => {
  const body = await readJsonBody(post('{"avatar":"ava","name":"  Sam "}'), createSessionSchema);
  expect(body).toEqual({ avatar: 'ava', name: 'Sam' });
});

test.each([
  ['broken JSON', '{"avatar"', 400, /not valid JSON/],
  ['an unknown key', '{"avatar":"ava","room":"x"}', 400, /room/],
  ['a missing avatar', '{}', 400, /avatar/],
  ['a path as avatar', '{"avatar":"../etc"}', 400, /avatar/],
  ['a too long name', `{"avatar":"ava","name":"${'n'.repeat(65)}"}`, 400, /name/],
  ['an array', '[]', 400, /object/],
  ['no body', null, 400, /empty/],
  ['one byte too many', ' '.repeat(MAX_BODY_BYTES + 1), 413, /4096/],
])('%s is refused by name', async (_name, body, status, message) => {
  const [actual, text] = await answerOf(post(body));
  expect(actual).toBe(status);
  expect(text).toMatch(message);
});

test('a form of a foreign page is refused, because it needs no preflight', async () => {
  expect((await answerOf(post('{"avatar":"ava"}', 'text/plain')))[0]).toBe(415);
});

test('an endless body is cut off, not collected', async () => {
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent += 1024;
      controller.enqueue(new Uint8Array(1024).fill(0x20));
    },
  });
  const request = new Request('http://localhost/', {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { 'content-type': 'application/json' },
  } as RequestInit);
  expect((await answerOf(request))[0]).toBe(413);
  expect(sent).toBeLessThan(20_000);
});
