/** What this browser is and lacks. */
import type { BrowserFacts, PageAddress } from './doctor-types.ts';

/** Names in the order in which they must be looked for: each also claims to be the ones after it. */
const BROWSERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Samsung Internet', /SamsungBrowser\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/([\d.]+).*Safari/],
];
const SYSTEMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad|iPod/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux/],
];

/** e.g. `Chrome 131 on Linux`. */
export function browserName(userAgent: string): string {
  const found = BROWSERS.map(([name, pattern]) => [name, pattern.exec(userAgent)?.[1]] as const);
  const [name, version] = found.find(([, each]) => each !== undefined) ?? ['Unknown browser', ''];
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  return [name, version, system === undefined ? '' : `on ${system}`]
    .filter((part) => part !== '')
    .join(' ');
}

/** Look at this browser. */
export function readBrowser(): BrowserFacts {
  const has = (name: string): boolean => name in globalThis;
  const needed: [string, boolean][] = [
    ['WebRTC', has('RTCPeerConnection')],
    ['WebSocket', has('WebSocket')],
    ['Web Audio', has('AudioContext')],
    ['AbortSignal.any', has('AbortSignal') && 'any' in AbortSignal],
  ];
  const codecs = has('RTCRtpReceiver')
    ? (RTCRtpReceiver.getCapabilities('video')?.codecs ?? []).map(({ mimeType }) =>
        mimeType.replace('video/', '').toUpperCase(),
      )
    : [];
  return {
    name: browserName(navigator.userAgent),
    missing: needed.filter(([, present]) => !present).map(([name]) => name),
    codecs: [...new Set(codecs)],
  };
}

/** How this page was opened. */
export function readPageAddress(): PageAddress {
  return {
    secureContext: isSecureContext,
    protocol: location.protocol,
    hostname: location.hostname,
  };
}
