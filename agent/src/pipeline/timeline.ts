/**
 * The one timeline of the service (DESIGN: "every output frame is 40 ms of input audio").
 * Frame i of a session covers model-rate samples [640·i, 640·(i+1)). Silence is audio too, so the frame
 * index never jumps: it goes on through speech, silence and interruption.
 */

/** Sample rate of the audio every model pack hears, Hz. */
export const MODEL_SAMPLE_RATE_HZ = 16_000;
/** Video frames per second. */
export const FRAME_RATE_FPS = 25;
/** Duration of one video frame, ms. */
export const FRAME_MS = 1000 / FRAME_RATE_FPS;
/** Model-rate samples per video frame. */
export const SAMPLES_PER_FRAME = MODEL_SAMPLE_RATE_HZ / FRAME_RATE_FPS;
/** Duration of one audio chunk between job and engine, ms. */
export const CHUNK_MS = 20;
/** Model-rate samples per audio chunk. */
export const SAMPLES_PER_CHUNK = (MODEL_SAMPLE_RATE_HZ * CHUNK_MS) / 1000;
/** Sample rate of the audio published to the room, Hz. */
export const PUBLISH_SAMPLE_RATE_HZ = 48_000;
