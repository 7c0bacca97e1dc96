/** service.musetalk → how the pack's graphs are loaded. */
import type { MusetalkConfig } from '../../config/schema.ts';
import type { GraphOptions } from './musetalk-graphs.ts';

/** See the head of this file. */
export function graphOptionsOf(config: MusetalkConfig): GraphOptions {
  return {
    providers: config.providers,
    gpu: config.gpu,
    ...(config.decoder !== 'pack' && { decoder: config.decoder }),
    streaming: {
      hopFrames: config.hop_frames,
      leftContextMs: config.left_context_ms,
      rightContextMs: config.right_context_ms,
    },
  };
}
