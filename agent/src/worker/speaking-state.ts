/** Speech ratio from which the avatar speaks, and under which it has stopped: the gap keeps fades from flickering. */
const SPEAKING_RATIO = 0.5;
const LISTENING_RATIO = 0.1;

/** Values of LiveKit's `lk.agent.state` that an avatar takes. */
export type SpeakingStateName = 'listening' | 'speaking';

/** Turns the speech ratios of shown frames into the agent state. */
export class SpeakingState {
  #state: SpeakingStateName = 'listening';

  /** Take the ratio of a shown frame (0–1). Returns the new state when it changes. */
  next(speechRatio: number): SpeakingStateName | undefined {
    const isSpeaking = this.#state === 'speaking';
    if (!isSpeaking && speechRatio >= SPEAKING_RATIO) return (this.#state = 'speaking');
    if (isSpeaking && speechRatio <= LISTENING_RATIO) return (this.#state = 'listening');
    return undefined;
  }
}
