/** Addresses at which LiveKit offers media, as the browser is told them (ICE candidates). Pure. */

/** One address. Fields: RFC 8839, section 5.1. */
export type Candidate = {
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
  /** host, srflx, prflx or relay. */
  readonly type: string;
};

/** `loopback`: only this machine. `private`: only its own network. `name`: hidden by the browser. */
export type AddressKind = 'loopback' | 'private' | 'public' | 'name';

/** Read a `candidate:…` or `a=candidate:…` line; null when it is something else. */
export function parseCandidate(line: string): Candidate | null {
  const found =
    /^(?:a=)?candidate:\S+ \d+ (udp|tcp) \d+ (\S+) (\d+) typ (host|srflx|prflx|relay)\b/i.exec(
      line.trim(),
    );
  if (found === null) return null;
  const [, protocol = '', address = '', port = '', type = ''] = found;
  return {
    protocol: protocol.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
    address,
    port: Number(port),
    type: type.toLowerCase(),
  };
}

/** Every address in a session description. */
export function candidatesOf(sdp: string): Candidate[] {
  return sdp.split(/\r?\n/).flatMap((line) => parseCandidate(line) ?? []);
}

/** A session description without the addresses that `keep` refuses. */
export function withoutCandidates(sdp: string, keep: (candidate: Candidate) => boolean): string {
  return sdp
    .split('\r\n')
    .filter((line) => {
      const candidate = parseCandidate(line);
      return candidate === null || keep(candidate);
    })
    .join('\r\n');
}

/** From where an address can be reached (RFC 1918, 4193, 3927, 6598). */
export function addressKind(address: string): AddressKind {
  const plain = address.replace(/^\[|\]$/g, '').toLowerCase();
  if (plain === 'localhost' || plain === '::1' || /^127\./.test(plain)) return 'loopback';
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(plain)) return 'private';
  if (/^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(plain)) return 'private';
  if (/^(f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/.test(plain)) return 'private';
  return /^[\d.]+$/.test(plain) || plain.includes(':') ? 'public' : 'name';
}
