// @ts-check
// Settings of the livekit-server that `npm start` runs. They travel in its environment: no file, no secrets on disk.
// For a server of your own see livekit.yaml in the root.
import { localAddress, ownAddresses, reachableAddress } from './network.mjs';

/**
 * STUN server handed to clients: the discard port, where nobody answers. Without an entry clients ask public servers
 * by name, which costs some 30 threads per job on a machine without DNS; a local network needs no reflexive address.
 * Never one of our own ports: a client then mistakes media checks for STUN and falls back to TCP after 5 s.
 */
const NOBODY = '127.0.0.1:9';

/**
 * @param {import('./args.mjs').StartOptions} options
 * @param {string} apiKey name of the key that signs what the page is told about rooms
 * @returns {Record<string, unknown>} livekit-server's configuration (its config-sample.yaml documents the keys)
 */
export function livekitConfig({ host, pagePort, livekitPort, rtcTcpPort, rtcUdpPort }, apiKey) {
  const address = reachableAddress(host);
  const own = ownAddresses().find((candidate) => candidate.address === address);
  const loopback = own?.loopback ?? false;
  return {
    port: livekitPort,
    // The agent always connects by loopback.
    bind_addresses: host === '0.0.0.0' || loopback ? [host] : [host, '127.0.0.1'],
    logging: { level: 'info', json: true },
    rtc: {
      tcp_port: rtcTcpPort,
      udp_port: rtcUdpPort,
      use_external_ip: false,
      // Without this pair a loopback server offers an address that only works by luck (peer-reflexive).
      enable_loopback_candidate: loopback,
      ...(own && { interfaces: { includes: [own.interfaceName] } }),
      ...(!loopback && { node_ip: address }),
      stun_servers: [NOBODY],
    },
    room: { empty_timeout: 60, departure_timeout: 20 },
    webhook: {
      api_key: apiKey,
      urls: [`http://${localAddress(host)}:${pagePort}/api/livekit-webhook`],
    },
  };
}

/**
 * Environment of the livekit-server process. Everything named LIVEKIT_*, NODE_IP, UDP_PORT or REDIS_* in the shell is
 * left out, since the server would read each as a setting.
 * @param {import('./args.mjs').StartOptions} options
 * @param {import('./dev-keys.mjs').ApiKeys} keys
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function livekitEnv(options, { apiKey, apiSecret }, env) {
  const inherited = Object.entries(env).filter(
    ([name]) => !/^(LIVEKIT_|REDIS_|NODE_IP$|UDP_PORT$)/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    LIVEKIT_CONFIG: JSON.stringify(livekitConfig(options, apiKey)),
    LIVEKIT_KEYS: `${apiKey}: ${apiSecret}`,
  };
}
