// @ts-check
// What the person sees once everything runs.
import { reachableAddress } from './network.mjs';

/** @typedef {{ id: string, status: string, reason?: string }} AvatarState the part of the agent's list that is shown */

const ANSWER_TIMEOUT_MS = 2_000;

/**
 * @param {import('./args.mjs').StartOptions} options
 * @param {Record<'livekit' | 'agent' | 'page', import('./services.mjs').Service>} parts
 * @param {number} tookMs
 * @returns {Promise<void>}
 */
export async function announce(options, parts, tookMs) {
  const { host, pagePort, livekitPort, rtcTcpPort, rtcUdpPort, agentPort } = options;
  const address = reachableAddress(host);
  const local = address === '127.0.0.1' ? 'localhost' : address;
  const avatars = await avatarLine(parts.agent.healthUrl);
  const headline = avatars.startsWith('avatars: none')
    ? 'Everything runs, but no avatar could be loaded'
    : 'Live avatars are ready';
  const lines = [
    '',
    `  ${headline} (${(tookMs / 1000).toFixed(1)} s)`,
    '',
    `    Open     http://${host === '0.0.0.0' ? 'localhost' : local}:${pagePort}`,
    `    LiveKit  ws://${address}:${livekitPort}  (media: udp ${rtcUdpPort}, tcp ${rtcTcpPort})`,
    `    Agent    http://127.0.0.1:${agentPort}  ${avatars}`,
    '    Stop     Ctrl-C',
    '',
  ];
  if (address !== '127.0.0.1') {
    lines.push(
      `  Listening on ${host}: everyone in your network can open http://${address}:${pagePort}.`,
      '  Browsers give a page the microphone only on localhost or https. Other devices therefore need an https',
      '  proxy in front of the page and of LiveKit; on this machine use localhost if the page listens there.',
      '',
    );
  }
  console.log(lines.join('\n'));
}

/** @param {string} readyUrl */
async function avatarLine(readyUrl) {
  try {
    const response = await fetch(new URL('/avatars', readyUrl), {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const avatars = /** @type {AvatarState[]} */ (await response.json());
    const ready = avatars.filter(({ status }) => status === 'ready').map(({ id }) => id);
    const failed = avatars.filter(({ status }) => status === 'failed');
    const reasons = failed.map(
      ({ id, reason }) => `\n             failed: ${id}: ${reason ?? 'no reason given'}`,
    );
    return `avatars: ${ready.join(', ') || 'none'}${reasons.join('')}`;
  } catch {
    // Only decoration: the health checks have passed.
    return '';
  }
}
