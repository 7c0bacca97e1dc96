import { expect, test } from 'vitest';
import { contentSecurityPolicy } from './security-headers.ts';

test('the page may talk to itself and to LiveKit, and runs only scripts of this answer', () => {
  const policy = contentSecurityPolicy('abc', 'wss://rtc.example.org', false);
  expect(policy).toContain(`connect-src 'self' wss://rtc.example.org https://rtc.example.org;`);
  expect(policy).toContain(`script-src 'self' 'nonce-abc' 'strict-dynamic';`);
  expect(policy).not.toContain('unsafe-eval');
});
