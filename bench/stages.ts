/**
 * CPU per stage of one 512×512 frame on one thread, with no other work: the offline path of the engine over a sample
 * clip, and the costs outside it (copy of an idle frame, socket framing, capture into libwebrtc).
 */
import { VideoBufferType, VideoFrame, VideoSource } from '@livekit/rtc-node';
import { parseWav, toPcm16 } from '../agent/src/audio/wav-file.ts';
import { resample } from '../agent/src/audio/resampler.ts';
import { AvatarRegistry } from '../agent/src/avatars/avatar-registry.ts';
import { loadConfig } from '../agent/src/config/load.ts';
import { openAvatar } from '../agent/src/engine/avatar-cabinet.ts';
import { renderOffline } from '../agent/src/engine/offline-render.ts';
import { loadPack } from '../agent/src/packs/load-pack.ts';
import { readFileSync } from 'node:fs';
import { quantile } from '../e2e/harness/analyse.ts';

export type Spread = { p50Ms: number; p99Ms: number };

export type StageReport = {
  /** Wall time on a quiet thread. features = log-mel, network, decode; mouth = warp and interior; compositing = blend to I420. */
  stages: Record<'features' | 'mouth' | 'compositing' | 'idleFrame' | 'capture', Spread>;
  /** process.cpuUsage per speaking frame, all of the above but capture. */
  engineCpuMsPerSpeakingFrame: { p50: number; p99: number };
  /** process.cpuUsage per silent frame, features and copy. */
  engineCpuMsPerSilentFrame: { p50: number; p99: number };
  speakingFrames: number;
};

const spread = (values: readonly number[]): Spread => ({
  p50Ms: quantile(values, 0.5),
  p99Ms: quantile(values, 0.99),
});

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Run over `clipPath` `rounds` times after one warm-up round. */
export async function benchStages(
  avatarId: string,
  clipPath: string,
  rounds: number,
): Promise<StageReport> {
  const config = await loadConfig('configs/realtime.yaml');
  const avatarConfig = config.avatars.get(avatarId);
  if (!avatarConfig) throw new Error(`no avatar ${avatarId} in configs/realtime.yaml`);
  const pack = await loadPack('lite', 'models');
  const registry = await AvatarRegistry.load({
    config: { ...config, avatars: new Map([[avatarId, avatarConfig]]) },
    env: { modelsDir: 'models', bundleDirs: ['avatars', '.cache/avatars'] },
    packs: () => Promise.resolve(pack),
  });
  const avatar = await openAvatar(registry.get(avatarId).asset, pack);
  const { samples, sampleRateHz } = parseWav(readFileSync(clipPath), clipPath);
  const speech = toPcm16(resample(samples, sampleRateHz, 16_000));
  const audio = new Int16Array(speech.length + 32_000);
  audio.set(speech);

  const speaking: Record<'features' | 'mouth' | 'compositing' | 'cpu', number[]> = {
    features: [],
    mouth: [],
    compositing: [],
    cpu: [],
  };
  const idle: number[] = [];
  const idleCpu: number[] = [];
  const settings = { silenceDbfs: config.service.silence_dbfs, fadeMs: config.service.fade_ms };
  for (let round = 0; round <= rounds; round++) {
    let lastCpu = cpuMs();
    for await (const { header } of renderOffline(avatar, audio, settings)) {
      const used = cpuMs() - lastCpu;
      if (round > 0 && header.speechRatio > 0) {
        speaking.features.push(header.featuresMs);
        speaking.mouth.push(header.mouthMs);
        speaking.compositing.push(header.compositingMs);
        speaking.cpu.push(used);
      } else if (round > 0) {
        idle.push(header.featuresMs + header.compositingMs);
        idleCpu.push(used);
      }
      lastCpu = cpuMs();
    }
  }
  return {
    stages: {
      features: spread(speaking.features),
      mouth: spread(speaking.mouth),
      compositing: spread(speaking.compositing),
      idleFrame: spread(idle),
      capture: spread(await benchCapture(avatar.width, avatar.height)),
    },
    engineCpuMsPerSpeakingFrame: {
      p50: quantile(speaking.cpu, 0.5),
      p99: quantile(speaking.cpu, 0.99),
    },
    engineCpuMsPerSilentFrame: { p50: quantile(idleCpu, 0.5), p99: quantile(idleCpu, 0.99) },
    speakingFrames: speaking.cpu.length,
  };
}

/** Time of VideoSource.captureFrame for an I420 frame, without a subscriber. */
async function benchCapture(width: number, height: number): Promise<number[]> {
  const source = new VideoSource(width, height);
  const planes = new Uint8Array((width * height * 3) / 2).fill(128);
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const started = performance.now();
    source.captureFrame(new VideoFrame(planes, width, height, VideoBufferType.I420));
    if (i >= 50) times.push(performance.now() - started);
  }
  await source.close();
  return times;
}
