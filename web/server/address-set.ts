/** IP addresses: reading lists of them, and the few questions the page's server asks of one. */
import { BlockList, isIP } from 'node:net';

/** An address as it is compared: IPv4 in IPv6 clothes (`::ffff:10.0.0.1`) is IPv4, zone and brackets are gone. */
export function plainAddress(text: string): string {
  const bare = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .toLowerCase();
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1] ?? bare;
}

/** A set of addresses and networks; `isIn` is false for anything that is no address. */
export class AddressSet {
  readonly #list = new BlockList();

  /** Read `10.0.0.1, 192.168.0.0/16 fd00::/8`. @throws RangeError naming the entry that is no address. */
  static parse(text: string): AddressSet {
    const set = new AddressSet();
    for (const entry of text.split(/[\s,]+/)) if (entry !== '') set.#add(entry);
    return set;
  }

  /** Whether the set holds this address. */
  has(address: string): boolean {
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  }

  #add(entry: string): void {
    const [address = '', prefix, ...rest] = entry.split('/');
    const plain = plainAddress(address);
    const version = isIP(plain);
    const family = version === 4 ? 'ipv4' : 'ipv6';
    const maxBits = version === 4 ? 32 : 128;
    const bits = prefix === undefined ? maxBits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (version === 0 || rest.length > 0 || bits < 0 || bits > maxBits) {
      throw new RangeError(
        `"${entry}" is not an address like 10.0.0.5 or a network like 10.0.0.0/8`,
      );
    }
    this.#list.addSubnet(plain, bits, family);
  }
}

const LOOPBACK = AddressSet.parse('127.0.0.0/8 ::1');

/** Whether an address is of this machine only. */
export function isLoopbackAddress(address: string): boolean {
  return LOOPBACK.has(address);
}

/** Whether a host name of a URL or Host header is of this machine only: localhost, 127.x.y.z, [::1]. */
export function isLoopbackHost(hostname: string): boolean {
  const name = hostname.toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name);
}
