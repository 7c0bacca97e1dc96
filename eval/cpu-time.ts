/** CPU time of one speaking frame in the engine's offline path, warm: audio features, network, mouth, blend into I420. */
import { renderOffline } from '../agent/src/engine/offline-render.ts';
import type { OpenAvatar, SessionSettings } from '../agent/src/engine/render-session.ts';
import { quantile } from './statistics.ts';

const WARM_UP_ROUNDS = 1;
const ROUNDS = 6;

export type CpuTime = {
  /** process.cpuUsage per speaking frame over all rounds, ms: all threads of the process, garbage collection included. */
  readonly p50: number;
  readonly p99: number;
  /** The same with each frame at its best round: what is left when other work disturbs less. */
  readonly best: { readonly p50: number; readonly p99: number };
  readonly speakingFrames: number;
  readonly width: number;
  readonly height: number;
};

/** Measure over `speech` (PCM16, 16 kHz). */
export async function measureCpuTime(
  avatar: OpenAvatar,
  speech: Int16Array,
  settings: SessionSettings,
): Promise<CpuTime> {
  const all: number[] = [];
  const best = new Map<number, number>();
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    let before = cpuMs();
    for await (const { header } of renderOffline(avatar, speech, settings)) {
      const used = cpuMs() - before;
      if (round >= WARM_UP_ROUNDS && header.speechRatio > 0) {
        all.push(used);
        best.set(header.frameIndex, Math.min(used, best.get(header.frameIndex) ?? used));
      }
      before = cpuMs();
    }
  }
  const spread = (values: readonly number[]): { p50: number; p99: number } => ({
    p50: quantile(values, 0.5),
    p99: quantile(values, 0.99),
  });
  return {
    ...spread(all),
    best: spread([...best.values()]),
    speakingFrames: all.length,
    width: avatar.width,
    height: avatar.height,
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
