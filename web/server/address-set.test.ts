import { expect, test } from 'vitest';
import { AddressSet, isLoopbackAddress, isLoopbackHost, plainAddress } from './address-set.ts';

test('single addresses and networks of both families are found, others are not', () => {
  const set = AddressSet.parse('10.0.0.5, 192.168.0.0/16\nfd00::/8');
  expect(['10.0.0.5', '192.168.9.9', 'fd12::1', '::ffff:10.0.0.5'].map((a) => set.has(a))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['10.0.0.6', '192.169.0.1', 'fe80::1', 'nonsense', ''].map((a) => set.has(a))).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('the empty list holds nobody', () => {
  expect(AddressSet.parse(' ').has('127.0.0.1')).toBe(false);
});

test.each(['10.0.0', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', 'example.org', '*', '::/129'])(
  '%s is refused by name',
  (entry) => {
    expect(() => AddressSet.parse(`127.0.0.1 ${entry}`)).toThrow(`"${entry}" is not an address`);
  },
);

test('loopback is this machine, in every spelling, and nothing that only looks like it', () => {
  const yes = ['localhost', 'LOCALHOST', 'page.localhost', '127.0.0.1', '127.9.9.9', '[::1]'];
  const no = ['localhost.example.org', '127.0.0.1.example.org', '0.0.0.0', '[::]', '10.0.0.1', ''];
  expect(yes.filter((host) => !isLoopbackHost(host))).toEqual([]);
  expect(no.filter((host) => isLoopbackHost(host))).toEqual([]);
  expect(isLoopbackAddress('::ffff:127.0.0.1')).toBe(true);
});

test('a zone does not make another address', () => {
  expect(plainAddress('fe80::1%eth0')).toBe('fe80::1');
});
