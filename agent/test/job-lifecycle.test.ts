import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAgent } from './helpers/agent-process.ts';
import { TestLivekitServer } from './helpers/livekit-server.ts';
import { probeConfig } from './helpers/probe-config.ts';
import { isAlive, waitFor } from './helpers/processes.ts';
import { RoomUser } from './helpers/room-user.ts';

let livekit: TestLivekitServer;
beforeAll(async () => {
  livekit = await TestLivekitServer.start();
});
afterAll(() => livekit.stop());

const config = probeConfig('max_sessions: 2');

async function startSession(agent: TestAgent, room: string): Promise<RoomUser> {
  const user = await RoomUser.join(livekit, room, 'user');
  const claims = { room, participant: 'user', avatar: 'probe_a' };
  for (let attempt = 0; attempt < 6 && user.seen.length === 0; attempt++) {
    await agent.dispatch(room, await agent.metadata(claims));
    await user.firstFrame(4000).catch(() => undefined);
  }
  await user.firstFrame();
  return user;
}

describe('an agent that is told to stop', () => {
  it('ends its sessions, leaves no process and no socket behind, and exits with 0', async () => {
    const agent = await TestAgent.start({ livekit, config });
    const user = await startSession(agent, 'stop');
    const children = await agent.jobPids();
    expect(children.length).toBeGreaterThan(0);
    const startedMs = performance.now();
    agent.process.kill('SIGTERM');
    expect(await agent.process.exit(15_000)).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(12_000);
    await waitFor('the avatar has left', () => user.avatar === undefined);
    expect(children.filter(isAlive)).toEqual([]);
    expect(existsSync(agent.socketPath)).toBe(false);
    await user.leave();
  });

  it('also stops while it starts', async () => {
    const agent = await TestAgent.start({ livekit, config, ready: false });
    await waitFor('HTTP answers', () =>
      agent.get('/healthz').then(
        (response) => response.ok,
        () => false,
      ),
    );
    agent.process.kill('SIGINT');
    expect(await agent.process.exit(15_000)).toBe(0);
  });

  it('takes its jobs with it when it is killed', async () => {
    const agent = await TestAgent.start({ livekit, config });
    const user = await startSession(agent, 'killed');
    const children = await agent.jobPids();
    agent.process.kill('SIGKILL');
    await agent.process.exit();
    await waitFor('no job process is left', () => children.every((pid) => !isAlive(pid)));
    await waitFor('the avatar has left', () => user.avatar === undefined, 20_000);
    await user.leave();
  });
});

describe('an agent that cannot start', () => {
  it.each([
    ['an empty configuration', '', {}, 'is empty'],
    ['an unknown key', 'a: {video_path: x.mp4, colour: red}', {}, 'colour'],
    ['missing keys', config, { LIVEKIT_API_SECRET: '' }, 'LIVEKIT_API_SECRET'],
    ['a busy port', config, { AVATAR_HTTP_PORT: '' }, 'AVATAR_HTTP_PORT'],
  ])('says why in one line: %s', async (what, text, env, expected) => {
    const port = new URL(livekit.httpUrl).port;
    const agent = await TestAgent.start({
      livekit,
      config: text,
      ready: false,
      env: what === 'a busy port' ? { AVATAR_HTTP_PORT: port } : env,
    });
    expect(await agent.process.exit(20_000)).toBe(1);
    const lastLines = agent.process.output.trim().split('\n').slice(-2).join('\n');
    expect(lastLines).toContain('CONFIG_INVALID');
    expect(lastLines).toContain(expected);
    expect(agent.process.output).not.toContain('    at ');
  });
});

describe('a LiveKit server that goes away', () => {
  it('is waited for at the start', async () => {
    const later = await TestLivekitServer.start({ started: false });
    const agent = await TestAgent.start({ livekit: later, config, ready: false });
    await waitFor(
      'all but LiveKit is there',
      async () => {
        const response = await agent.get('/readyz').catch(() => undefined);
        const body = (await response?.json()) as { waitingFor: string[] } | undefined;
        return body?.waitingFor.length === 1 && body.waitingFor[0]!.includes('LiveKit');
      },
      60_000,
    );
    await later.startAgain();
    await agent.ready(30_000);
    await agent.stop();
    await later.stop();
  });

  it('gets its worker and its session back after a restart', async () => {
    const server = await TestLivekitServer.start();
    const agent = await TestAgent.start({ livekit: server, config });
    const previous = livekit;
    livekit = server;
    try {
      const user = await startSession(agent, 'restart');
      await server.kill();
      await waitFor(
        'not ready without LiveKit',
        async () => !(await agent.get('/readyz')).ok,
        20_000,
      );
      await server.startAgain();
      await agent.ready(30_000);
      // The participant comes back by itself or not; either way no session may be left over when it has gone.
      const before = user.seen.length;
      const goesOn = await waitFor(
        'pictures again',
        () => user.seen.length > before + 25,
        30_000,
      ).then(
        () => true,
        () => false,
      );
      console.log(`after the restart the session ${goesOn ? 'goes on' : 'has ended'}`);
      await user.leave();
      await waitFor(
        'no session is left',
        async () => (await agent.status()).activeSessions === 0,
        50_000,
      );
      const next = await startSession(agent, 'after-restart');
      await next.leave();
    } finally {
      livekit = previous;
      await agent.stop();
      await server.stop();
    }
  }, 180_000);
});
