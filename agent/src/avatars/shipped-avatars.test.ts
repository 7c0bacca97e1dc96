import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODELS_DIR, temporaryFolder } from '../../test/avatar-fixtures.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { loadPack } from '../packs/load-pack.ts';
import { bundlePath, type RegistryOptions } from './avatar-loader.ts';
import { AvatarRegistry } from './avatar-registry.ts';
import { openBundle } from './open-bundle.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SHIPPED = join(ROOT, 'avatars');
const CURE = 'run `npm run avatar -- prepare --id ID --from-config --out avatars` for each avatar';
const cache = temporaryFolder();

/** The shipped file; its paths are relative to the repository root, where tests run too. */
async function shippedConfig(): Promise<Config> {
  expect(process.cwd()).toBe(ROOT);
  return loadConfig(join(ROOT, 'configs/realtime.yaml'));
}

function registryOptions(config: Config, bundleDirs: string[], modelsDir: string): RegistryOptions {
  return {
    config,
    env: { modelsDir, bundleDirs },
    packs: (model) => loadPack(model, MODELS_DIR),
    programs: { ffmpeg: 'no-such-ffmpeg', ffprobe: 'no-such-ffprobe' },
  };
}

describe('the shipped avatars', () => {
  it('start without ffmpeg and without the face models, because their bundles are current', async () => {
    const config = await shippedConfig();
    const registry = await AvatarRegistry.load(
      registryOptions(config, [SHIPPED, cache], join(cache, 'no-models')),
    );
    for (const { id, status, reason, clips } of registry.list()) {
      expect([id, status, reason], CURE).toEqual([id, 'ready', undefined]);
      expect(clips.length).toBeGreaterThanOrEqual(1);
      for (const clip of clips) {
        const { samples } = await registry.clip(id, clip);
        expect(samples.length).toBeGreaterThan(48_000);
        expect(samples.some((value) => Math.abs(value) > 3000)).toBe(true);
      }
    }
    expect(registry.list().length).toBeGreaterThanOrEqual(4);
    expect(existsSync(join(cache, 'ava'))).toBe(false);
  });

  it('are what a preparation of their sources gives', { timeout: 120_000 }, async () => {
    const config = await shippedConfig();
    const registry = await AvatarRegistry.load(registryOptions(config, [cache], MODELS_DIR));
    for (const id of config.avatars.keys()) {
      expect(registry.list().find((avatar) => avatar.id === id)?.reason).toBeUndefined();
      const fresh = registry.get(id).asset;
      const shipped = await openBundle(bundlePath(SHIPPED, id));
      expect(shipped.track.landmarks.length, CURE).toBe(fresh.track.landmarks.length);
      let worstPx = 0;
      shipped.track.landmarks.forEach((value, i) => {
        worstPx = Math.max(worstPx, Math.abs(value - fresh.track.landmarks[i]!));
      });
      // Networks round differently on other processors; half a pixel is far below what is seen.
      expect(worstPx, CURE).toBeLessThan(0.5);
      const [shippedData, freshData] = [floats(shipped.packData), floats(fresh.packData)];
      expect(shippedData.length, CURE).toBe(freshData.length);
      shippedData.forEach((value, i) => {
        const tolerance = 0.02 * (1 + Math.abs(value));
        expect(Math.abs(value - freshData[i]!), `${CURE}: number ${i}`).toBeLessThan(tolerance);
      });
    }
  });
});

/** Data of pack `lite`: 32-bit floats. */
function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}
