import { afterEach, expect, test, vi } from 'vitest';
import { respondError } from './respond.ts';
import { signParticipantToken } from './tokens.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test('an unexpected error is printed without tokens, keys, passcode and API secret, and answered without its text', async () => {
  const apiSecret = 'a-secret-that-is-long-enough-for-hs256';
  vi.stubEnv('LIVEKIT_API_SECRET', apiSecret);
  vi.stubEnv('ACCESS_PASSCODE', 'open sesame');
  const seat = { room: 'room-1', participant: 'person-1', avatar: 'ava' };
  const token = await signParticipantToken({ apiKey: 'key', apiSecret }, seat);
  const key = `ak_${'A'.repeat(43)}`;
  const printed: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(String(line)));

  const cause = new Error(`Authorization: Bearer ${key}; passcode "open sesame"`);
  const thrown = new Error(`wss://host/rtc?access_token=${token} ${apiSecret}`, { cause });
  const answer = await respondError(thrown).text();

  expect(printed.join()).toMatch(/unexpected error in an API route: .*\[hidden\]/s);
  for (const secret of [token, token.split('.')[1] ?? '-', key, 'open sesame', apiSecret]) {
    expect(printed.join()).not.toContain(secret);
    expect(answer).not.toContain(secret);
  }
});
