/** What the self-test says of the microphone. Pure. */
import type { Finding } from './doctor-types.ts';
import type { Problem } from './problems.ts';

/** What came from the microphone since it was turned on. */
export type SoundFacts = {
  /** Time listened to, ms. */
  readonly listenedMs: number;
  /** A voice, or anything as loud, was heard. */
  readonly heard: boolean;
  /** Some sample was not exactly zero: a microphone that is on always hisses. */
  readonly alive: boolean;
  /** The browser plays and analyses nothing before the first click on the page. */
  readonly asleep: boolean;
  /** Of the device; 0 when the browser does not tell. */
  readonly sampleRateHz: number;
};

export type MicrophoneFacts = {
  readonly phase: 'off' | 'asking' | 'on';
  readonly problem: Problem | null;
  readonly sound: SoundFacts | null;
};

/** Time in which a person who was asked to speak does, ms. */
export const SPEAK_WITHIN_MS = 8000;
/** Telephone headsets over Bluetooth deliver 8 kHz. */
const LEAST_RATE_HZ = 16_000;

export function microphoneFinding({ phase, problem, sound }: MicrophoneFacts): Finding {
  if (problem !== null) {
    if (problem.code === 'INSECURE_CONTEXT') {
      return { state: 'skipped', detail: 'Needs a secure address (above) first.' };
    }
    return {
      state: 'failed',
      detail: `${problem.title}.`,
      cure: { by: 'you', text: problem.cure },
      ...(problem.detail === undefined ? {} : { facts: [problem.detail] }),
    };
  }
  if (phase === 'off') {
    return { state: 'waiting', detail: 'Your browser will ask for permission. Nothing is sent.' };
  }
  if (phase === 'asking' || sound === null) {
    return { state: 'running', detail: 'Allow the microphone at the top of the window.' };
  }
  const facts = sound.sampleRateHz > 0 ? [`${sound.sampleRateHz / 1000} kHz`] : [];
  if (sound.heard) {
    if (sound.sampleRateHz === 0 || sound.sampleRateHz >= LEAST_RATE_HZ) {
      return { state: 'ok', detail: 'Your voice was heard.', facts };
    }
    return {
      state: 'warning',
      detail: `It works, but in telephone quality (${sound.sampleRateHz / 1000} kHz).`,
      cure: { by: 'you', text: 'Choose the computer’s own microphone or a headset with a cable.' },
      facts,
    };
  }
  if (sound.asleep) {
    return { state: 'running', detail: 'Click anywhere on this page, then say something.' };
  }
  if (sound.listenedMs < SPEAK_WITHIN_MS) {
    return { state: 'running', detail: 'Say something: the bar should move.' };
  }
  if (!sound.alive) {
    return {
      state: 'failed',
      detail: 'The microphone is on but delivers perfect silence.',
      cure: {
        by: 'you',
        text: 'It is muted: look for a switch or key on it and in the system’s privacy settings, or choose another microphone here.',
      },
      facts,
    };
  }
  return {
    state: 'warning',
    detail: 'The microphone is on, but no voice was heard.',
    cure: { by: 'you', text: 'Speak louder or closer to it, or choose another microphone here.' },
    facts,
  };
}
