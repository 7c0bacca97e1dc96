/**
 * What the subscriber really gets, measured inside the browser without the page's help: a script added before the page
 * loads taps the microphone (getUserMedia), the received audio (RTCPeerConnection 'track') and every presented frame
 * of the avatar's video element.
 */
import type { Page } from 'playwright-core';

/** Everything on one clock: performance.now() of the page, ms. */
export type Recording = {
  /** Level per ~5 ms block of the microphone: [time, peak]. */
  mic: [number, number][];
  /** Level per ~5 ms block of the received audio. */
  speaker: [number, number][];
  /** Per presented frame. */
  frames: PresentedFrame[];
};

/** What one sees and hears of somebody else in the room: the tile of their avatar. */
export type PersonRecording = Pick<Recording, 'frames'> & {
  /** Level per ~5 ms block of the sound that the tile plays. */
  sound: [number, number][];
};

export type PresentedFrame = {
  /** Expected display time. */
  t: number;
  width: number;
  height: number;
  /** Mean brightness of the picture's middle (probe square), 0–255. */
  middle: number;
  /** Mean absolute difference of the mouth region to the reference frame, 0–255. */
  mouth: number;
  /** Mean absolute difference of the mouth region to the frame before, 0–255: what moves now. */
  change: number;
};

const script = (): void => {
  type Tap = [number, number][];
  const recording = { mic: [] as Tap, speaker: [] as Tap, frames: [] as unknown[] };
  const newState = () => ({
    reference: null as Uint8ClampedArray | null,
    previous: null as Uint8ClampedArray | null,
    resetReference: false,
  });
  const own = newState();
  /** By the person's identity. */
  const people: Record<string, { frames: unknown[]; sound: Tap }> = {};
  const connections: RTCPeerConnection[] = [];
  Object.assign(window, {
    __recording: recording,
    __recordingState: own,
    __people: people,
    __connections: connections,
  });
  const worklet = `class Level extends AudioWorkletProcessor {
    constructor() { super(); this.peak = 0; this.blocks = 0; }
    process([[channel]]) {
      if (channel) for (const sample of channel) this.peak = Math.max(this.peak, Math.abs(sample));
      if (++this.blocks === 2) { this.port.postMessage([currentTime, this.peak]); this.peak = 0; this.blocks = 0; }
      return true;
    }
  }
  registerProcessor('level', Level);`;
  let context: AudioContext | null = null;
  let ready: Promise<unknown> = Promise.resolve();
  const tap = async (stream: MediaStream, into: Tap): Promise<void> => {
    if (!context) {
      context = new AudioContext({ sampleRate: 48_000 });
      ready = context.audioWorklet.addModule(
        URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' })),
      );
    }
    const ctx = context;
    await ready;
    await ctx.resume();
    const node = new AudioWorkletNode(ctx, 'level');
    node.port.onmessage = (event: MessageEvent<[number, number]>) => {
      const [time, peak] = event.data;
      into.push([performance.now() + (time - ctx.currentTime) * 1000, peak]);
      if (into.length > 40_000) into.splice(0, 20_000);
    };
    ctx.createMediaStreamSource(stream).connect(node);
    const silent = ctx.createGain();
    silent.gain.value = 0;
    node.connect(silent).connect(ctx.destination);
  };
  const devices = navigator.mediaDevices;
  const original = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const audio = constraints?.audio;
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await original(
      audio
        ? { ...constraints, audio: { ...(typeof audio === 'object' ? audio : {}), ...raw } }
        : constraints,
    );
    if (audio) {
      // Only the newest microphone stream counts: the page's level meter may have opened one before.
      const level: Tap = [];
      recording.mic = level;
      void tap(stream.clone(), level);
    }
    return stream;
  };
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
      this.addEventListener('track', ({ track }) => {
        if (track.kind === 'audio') void tap(new MediaStream([track]), recording.speaker);
      });
    }
  };
  const canvas = document.createElement('canvas');
  canvas.width = 64;
  canvas.height = 64;
  const draw = canvas.getContext('2d', { willReadFrequently: true });
  const watched = new WeakSet<HTMLVideoElement>();
  const heard = new WeakSet<MediaStream>();
  const mean = (pixels: Uint8ClampedArray, pick: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < pixels.length; i += 4) sum += pick(i);
    return (sum * 4) / pixels.length;
  };
  const watch = (
    video: HTMLVideoElement,
    frames: unknown[],
    state: ReturnType<typeof newState>,
  ) => {
    watched.add(video);
    const onFrame: VideoFrameRequestCallback = (now, metadata) => {
      if (draw && video.isConnected) {
        draw.drawImage(video, 0, 0, 64, 64);
        const middle = draw.getImageData(28, 28, 8, 8).data;
        const mouth = draw.getImageData(22, 34, 20, 16).data;
        if (!state.reference || state.resetReference) {
          state.reference = mouth;
          state.resetReference = false;
        }
        const reference = state.reference;
        const previous = state.previous ?? mouth;
        state.previous = mouth;
        frames.push({
          t: metadata.expectedDisplayTime || now,
          width: metadata.width,
          height: metadata.height,
          middle: mean(middle, (i) => (middle[i]! + middle[i + 1]! + middle[i + 2]!) / 3),
          mouth: mean(mouth, (i) => Math.abs(mouth[i + 1]! - reference[i + 1]!)),
          change: mean(mouth, (i) => Math.abs(mouth[i + 1]! - previous[i + 1]!)),
        });
      }
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  };
  setInterval(() => {
    const video = document.querySelector<HTMLVideoElement>(
      'video[data-testid="avatar-video"], [data-testid="avatar-video"] video',
    );
    if (video && !watched.has(video)) watch(video, recording.frames, own);
    for (const tile of document.querySelectorAll<HTMLElement>('[data-testid="person"]')) {
      const person = (people[tile.dataset['identity'] ?? ''] ??= { frames: [], sound: [] });
      const picture = tile.querySelector('video');
      if (picture && !watched.has(picture)) watch(picture, person.frames, newState());
      const stream = tile.querySelector('audio')?.srcObject;
      if (
        stream instanceof MediaStream &&
        !heard.has(stream) &&
        stream.getAudioTracks().length > 0
      ) {
        heard.add(stream);
        void tap(stream, person.sound);
      }
    }
  }, 20);
};

/** Install the taps; call before the page's first navigation. */
export async function instrument(page: Page): Promise<void> {
  // tsx (esbuild's keepNames) wraps functions in a helper that does not exist inside the page.
  await page.addInitScript('globalThis.__name = (value) => value;');
  await page.addInitScript(script);
}

/** A copy of everything recorded so far. */
export async function readRecording(page: Page): Promise<Recording> {
  return page.evaluate(() => {
    const { mic, speaker, frames } = (window as unknown as { __recording: Recording }).__recording;
    return { mic: [...mic], speaker: [...speaker], frames: [...frames] };
  });
}

/** Take the next presented frame as the resting mouth. */
export async function resetMouthReference(page: Page): Promise<void> {
  await page.evaluate(() => {
    (
      window as unknown as { __recordingState: { resetReference: boolean } }
    ).__recordingState.resetReference = true;
  });
}

/** What was seen and heard of the others so far, by identity. Forgets it when `forget` is set. */
export async function readPeople(
  page: Page,
  { forget = false } = {},
): Promise<Record<string, PersonRecording>> {
  return page.evaluate((clear) => {
    const { __people: people } = window as unknown as { __people: Record<string, PersonRecording> };
    const copy = structuredClone(people);
    for (const { frames, sound } of clear ? Object.values(people) : []) {
      frames.length = 0;
      sound.length = 0;
    }
    return copy;
  }, forget);
}

/** Kinds of the tracks that this page sends and of those that it really receives packets of. */
export async function trackKinds(page: Page): Promise<{ sent: string[]; received: string[] }> {
  return page.evaluate(async () => {
    const { __connections: all } = window as unknown as { __connections: RTCPeerConnection[] };
    const open = all.filter(({ connectionState }) => connectionState !== 'closed');
    const kinds = { sent: [] as string[], received: [] as string[] };
    for (const connection of open) {
      for (const [, stat] of (await connection.getStats()) as unknown as Map<string, unknown>) {
        const { type, kind, packetsSent, packetsReceived } = stat as Record<string, unknown>;
        if (type === 'outbound-rtp' && Number(packetsSent) > 0) kinds.sent.push(String(kind));
        if (type === 'inbound-rtp' && Number(packetsReceived) > 0)
          kinds.received.push(String(kind));
      }
    }
    return { sent: kinds.sent.sort(), received: kinds.received.sort() };
  });
}
