/**
 * One run of the self-test: measures in the order in which a connection needs things and publishes what is known
 * after every step. Framework-free; the page subscribes.
 */
import { answersHttp, askClocks, askService, askSession } from './doctor-api.ts';
import { readBrowser, readPageAddress } from './doctor-browser.ts';
import { tryLink } from './doctor-link.ts';
import { measureMedia } from './doctor-media.ts';
import { isFailure, type CheckId, type Link, type Measurements } from './doctor-types.ts';

/** What the page shows. */
export type DoctorState = {
  readonly measured: Measurements;
  /** Lines that are being tested right now. */
  readonly running: readonly CheckId[];
  /** Nothing more will be measured. */
  readonly over: boolean;
};

/** Before the first run. */
export const NOT_STARTED: DoctorState = { measured: {}, running: [], over: false };

/** Reusable: starting again ends the run before. */
export class DoctorRun {
  #state: DoctorState = NOT_STARTED;
  #life = new AbortController();
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly getState = (): DoctorState => this.#state;

  /** End the run; what was measured stays. */
  stop(): void {
    this.#life.abort();
  }

  /** Measure everything. Resolves at the end; failures are results. */
  async start(): Promise<void> {
    this.stop();
    const life = new AbortController();
    this.#life = life;
    this.#state = NOT_STARTED;
    await this.#measure(life.signal);
    if (!life.signal.aborted) this.#set({ running: [], over: true });
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const note = (running: readonly CheckId[], measured: Measurements): void => {
      if (signal.aborted) return;
      this.#set({ running, measured: { ...this.#state.measured, ...measured } });
    };
    note(['service', 'clock', 'signal'], { page: readPageAddress(), browser: readBrowser() });
    const [session] = await Promise.all([
      askSession(signal),
      askService(signal).then((service) => note(['clock', 'signal'], { service })),
      askClocks(signal).then((clock) => note(['service', 'signal'], { clock })),
    ]);
    if (isFailure(session)) {
      note([], { session });
      return;
    }
    const { serverUrl, senderToken: token } = session;
    note(['signal'], { session: { serverUrl } });

    const any = await tryLink(serverUrl, token, 'any', signal);
    if (any.signalMs === null) {
      note(['signal'], { livekitAnswersHttp: await answersHttp(serverUrl, signal) });
      note([], { any });
      return;
    }
    if (any.pair === null) {
      // Every way was open to this attempt: each of them alone would only take its time to fail too.
      const relays = new Map(any.relays.map((relay) => [relay, any] as const));
      note([], { any, udp: any, tcp: any, relays });
      return;
    }
    note(['udp'], { any });
    note(['tcp'], { udp: await tryLink(serverUrl, token, 'udp', signal) });
    note(['turn'], { tcp: await tryLink(serverUrl, token, 'tcp', signal) });
    const relays = new Map<string, Link>();
    for (const relay of any.relays) {
      if (signal.aborted) return;
      relays.set(relay, await tryLink(serverUrl, token, { relay }, signal));
    }
    note(['codec', 'line'], { relays });
    note([], { media: await measureMedia(session, signal) });
  }

  #set(part: Partial<DoctorState>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of this.#listeners) listener();
  }
}
