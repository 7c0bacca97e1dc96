/** From what was measured to what each line says: browser, address, service, clocks, picture, line. Pure. */
import type {
  BrowserFacts,
  CallFailure,
  ClockFacts,
  Finding,
  LinkFailure,
  MediaFacts,
  PageAddress,
  ServiceFacts,
} from './doctor-types.ts';
import { isFailure } from './doctor-types.ts';

/** Clocks that differ by this are worth a look, ms; HTTP dates are no better than half a second. */
const CLOCK_NOTICE_MS = 5000;
/** LiveKit takes tokens that are this much too early or too late, ms; beyond it nobody gets in. */
export const CLOCK_BREAKS_MS = 55_000;
/** A device may be wrong by minutes; beyond that https certificates look expired or not yet valid, ms. */
const DEVICE_NOTICE_MS = 60_000;

const PICTURE_FPS_LOW = 15;
const LOSS_HIGH_RATIO = 0.03;
const RTT_HIGH_MS = 250;
const RATE_LOW_KBIT_S = 500;

/** Nothing known yet, or not to be tested. */
export const WAITING: Finding = { state: 'waiting', detail: '' };
export const skipped = (detail: string): Finding => ({ state: 'skipped', detail });

const ms = (value: number): string => `${Math.round(value)} ms`;
const percent = (ratio: number): string => `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %`;

/** e.g. `12 s`, `10 min`, `3 h`. */
export function duration(valueMs: number): string {
  const seconds = Math.round(Math.abs(valueMs) / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

export function browserFinding({ name, missing }: BrowserFacts): Finding {
  if (missing.length === 0) return { state: 'ok', detail: `${name} has everything it needs.` };
  return {
    state: 'failed',
    detail: `${name} lacks ${missing.join(', ')}.`,
    cure: {
      by: 'you',
      text: 'Update it, or open this page in a current Chrome, Edge, Firefox or Safari; if WebRTC was turned off in its settings or by an extension, turn it on.',
    },
  };
}

export function secureFinding({ secureContext, protocol, hostname }: PageAddress): Finding {
  if (secureContext) {
    const how = protocol === 'https:' ? 'Opened over https.' : 'Opened on this machine itself.';
    return { state: 'ok', detail: how };
  }
  return {
    state: 'failed',
    detail: `The page was opened as ${protocol}//${hostname}; browsers give a microphone to https:// and localhost only.`,
    cure: {
      by: 'operator',
      text: 'Put the page behind https: the compose profile `tls` gets certificates by itself (docs/self-hosting.md). On the machine itself open http://localhost instead.',
    },
  };
}

export function serviceFinding(facts: ServiceFacts | CallFailure): Finding {
  if (isFailure(facts)) return failedCall(facts);
  const { agent, avatars, answerMs } = facts;
  if (agent !== null && isFailure(agent)) {
    return {
      state: 'failed',
      detail: 'The page answers, but the avatar agent behind it does not.',
      cure: {
        by: 'operator',
        text: 'Start the agent (`npm start`, `docker compose up -d agent`); its log says why it stopped.',
      },
      facts: [agent.message],
    };
  }
  const { ready, preparing, failed } = avatars;
  const seats = agent === null ? '' : `, ${agent.free} of ${agent.max} seats are free`;
  const detail = `${ready} ${ready === 1 ? 'avatar is' : 'avatars are'} ready${seats}; the page answers in ${ms(answerMs)}.`;
  if (ready === 0) {
    return preparing > 0
      ? {
          state: 'warning',
          detail: 'All avatars are still being prepared.',
          cure: { by: 'you', text: 'Wait a minute; the page shows the progress.' },
        }
      : {
          state: 'failed',
          detail: failed > 0 ? `All ${failed} avatars failed.` : 'No avatar is configured.',
          cure: {
            by: 'operator',
            text: 'Look at the cards on the page or into the agent’s log for the reason; avatars are listed in `configs/realtime.yaml`.',
          },
        };
  }
  if (agent === null || agent.free > 0) return { state: 'ok', detail };
  return {
    state: 'warning',
    detail: `All ${agent.max} seats are taken.`,
    cure: {
      by: 'operator',
      text: 'Wait until somebody leaves, or raise `service.max_sessions` (docs/capacity.md).',
    },
  };
}

/** What a call of the page's own server says when it fails. */
export function failedCall({ status, code, message }: CallFailure): Finding {
  if (status === 429) {
    return {
      state: 'warning',
      detail: message,
      cure: { by: 'you', text: 'Wait half a minute, then check again.' },
    };
  }
  if (code === 'ACCESS_DENIED') {
    return {
      state: 'failed',
      detail: message,
      cure: { by: 'you', text: 'Reload the page and sign in again.' },
    };
  }
  if (code === 'CONFIG_INVALID') {
    return {
      state: 'failed',
      detail: message,
      cure: { by: 'operator', text: 'Correct this setting and restart the page’s server.' },
    };
  }
  return {
    state: 'failed',
    detail: `The page’s server does not answer (${message}).`,
    cure: {
      by: 'operator',
      text: 'Check that the page’s server runs and that a proxy before it passes `/api` on; you: check that you are online.',
    },
  };
}

export function clockFinding(facts: ClockFacts | CallFailure): Finding {
  if (isFailure(facts)) return skipped('Could not be asked.');
  const wrong = wrongClock(facts);
  if (wrong === null) {
    return { state: 'ok', detail: 'This device and the servers agree on the time.' };
  }
  const { who, aheadMs, breaks } = wrong;
  const direction = aheadMs > 0 ? 'ahead' : 'behind';
  const detail = `The clock of ${who.name} is ${duration(aheadMs)} ${direction}.`;
  return {
    state: breaks ? 'failed' : 'warning',
    detail: breaks ? `${detail} Tokens are refused as expired or not yet valid.` : detail,
    cure: who.cure,
  };
}

const DEVICE = {
  name: 'this device',
  cure: { by: 'you', text: 'Turn on automatic date and time in the settings of this device.' },
} as const;
const server = (name: string) =>
  ({
    name,
    cure: {
      by: 'operator',
      text: `Set the clock of the machine that runs ${name} by NTP (\`timedatectl set-ntp true\`), then restart the service.`,
    },
  }) as const;

/** The clock that is off, found by majority; null when all agree well enough. */
export function wrongClock({ browserAheadMs, livekitAheadMs, agentAheadMs }: ClockFacts): {
  readonly who: typeof DEVICE | ReturnType<typeof server>;
  /** Against the page's server; or the page's server against the others. */
  readonly aheadMs: number;
  readonly breaks: boolean;
} | null {
  const others = [livekitAheadMs, agentAheadMs].filter((ahead) => ahead !== null);
  const furthest = [...others].sort((a, b) => Math.abs(b) - Math.abs(a))[0] ?? 0;
  if (Math.abs(furthest) >= CLOCK_NOTICE_MS) {
    const breaks = Math.abs(furthest) >= CLOCK_BREAKS_MS;
    // Where the device sides with the one that differs, the page's server is the odd one out.
    if (Math.abs(browserAheadMs - furthest) < Math.abs(browserAheadMs)) {
      return { who: server('the page’s server'), aheadMs: -furthest, breaks };
    }
    const who = furthest === livekitAheadMs ? server('LiveKit') : server('the agent');
    return { who, aheadMs: furthest, breaks };
  }
  if (Math.abs(browserAheadMs) < DEVICE_NOTICE_MS) return null;
  return { who: DEVICE, aheadMs: browserAheadMs, breaks: false };
}

export function codecFinding(browser: BrowserFacts, media: MediaFacts | LinkFailure): Finding {
  const has = (name: string): boolean => browser.codecs.includes(name);
  const known = ['VP8', 'H264'].filter(has).join(' and ');
  if (known === '') {
    return {
      state: 'failed',
      detail: 'This browser can show neither VP8 nor H.264 video.',
      cure: { by: 'you', text: 'Use a current Chrome, Edge, Firefox or Safari.' },
    };
  }
  if (!has('VP8')) {
    return {
      state: 'warning',
      detail:
        'This browser shows H.264 but not VP8, which the service sends unless told otherwise.',
      cure: { by: 'operator', text: 'Set `service.video_codec: h264` in `configs/realtime.yaml`.' },
    };
  }
  if ('stage' in media) return skipped(`${known} can be shown; no test picture could be sent.`);
  const facts = [`${media.codec} ${media.widthPx} px, ${media.fps.toFixed(1)} fps`];
  if (media.framesDecoded > 0) {
    const detail = `${known} can be shown; a test picture came back and was shown at ${media.fps.toFixed(0)} frames per second.`;
    if (media.fps >= PICTURE_FPS_LOW || media.wasHidden) return { state: 'ok', detail, facts };
    return {
      state: 'warning',
      detail: `The test picture came back with only ${media.fps.toFixed(0)} frames per second.`,
      cure: {
        by: 'you',
        text: 'Close other programs and tabs: this computer or its line is busy.',
      },
      facts,
    };
  }
  return media.bytesReceived > 0
    ? {
        state: 'failed',
        detail: 'A test picture arrived but this browser could not decode it.',
        cure: {
          by: 'you',
          text: 'Turn hardware acceleration off in the browser’s settings and restart it.',
        },
        facts,
      }
    : {
        state: 'failed',
        detail: 'A test picture was sent but nothing came back.',
        cure: {
          by: 'operator',
          text: 'Look into LiveKit’s log; a firewall that ends connections after the first packets does this too.',
        },
        facts,
      };
}

export function lineFinding(media: MediaFacts | LinkFailure): Finding {
  if ('stage' in media) return skipped('Nothing could be sent.');
  const { lossDownRatio, rttMs, kbitPerS, jitterMs } = media;
  const lossUpRatio = media.lossUpRatio ?? 0;
  const loss = Math.max(lossDownRatio, lossUpRatio);
  const facts = [
    `loss up ${percent(lossUpRatio)}, down ${percent(lossDownRatio)}`,
    `jitter ${ms(jitterMs)}`,
    `${Math.round(kbitPerS)} kbit/s of test picture`,
  ];
  const trip = rttMs === null ? '' : `, ${ms(rttMs)} there and back`;
  const detail = `${percent(loss)} of the packets lost${trip}.`;
  const better = {
    by: 'you',
    text: 'Use a cable or come closer to the Wi-Fi, stop downloads, or switch a VPN off.',
  } as const;
  if (loss >= LOSS_HIGH_RATIO) {
    return { state: 'warning', detail: `${detail} Sound will break up.`, cure: better, facts };
  }
  if (rttMs !== null && rttMs >= RTT_HIGH_MS) {
    return {
      state: 'warning',
      detail: `${detail} The avatar will answer late.`,
      cure: better,
      facts,
    };
  }
  // Few frames without loss are this computer's doing, which the line on the picture says.
  const isBusy = media.fps < PICTURE_FPS_LOW && loss < LOSS_HIGH_RATIO / 3;
  if (kbitPerS < RATE_LOW_KBIT_S && !media.wasHidden && !isBusy) {
    return {
      state: 'warning',
      detail: `Only ${Math.round(kbitPerS)} kbit/s came through${trip}. The picture will be blurred.`,
      cure: better,
      facts,
    };
  }
  return { state: 'ok', detail, facts };
}
