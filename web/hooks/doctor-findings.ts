/** All lines of the self-test and the one sentence above them. Pure. */
import { microphoneFinding, type MicrophoneFacts } from './doctor-microphone.ts';
import { directFinding, signalFinding, turnFinding } from './doctor-network-verdicts.ts';
import type { DoctorState } from './doctor-run.ts';
import { CHECK_IDS, isFailure, type CheckId, type Finding, type Findings } from './doctor-types.ts';
import {
  WAITING,
  browserFinding,
  clockFinding,
  codecFinding,
  lineFinding,
  secureFinding,
  serviceFinding,
  skipped,
} from './doctor-verdicts.ts';

/** Every line as it stands now. */
export function findingsOf(
  { measured, running, over }: DoctorState,
  microphone: MicrophoneFacts,
): Findings {
  const { browser, page, service, clock, media } = measured;
  const noSession = measured.session !== undefined && isFailure(measured.session);
  const withoutMedia = noSession || (over && media === undefined);
  const found: Findings = {
    browser: browser === undefined ? WAITING : browserFinding(browser),
    secure: page === undefined ? WAITING : secureFinding(page),
    microphone: microphoneFinding(microphone),
    service: service === undefined ? WAITING : serviceFinding(service),
    clock: clock === undefined ? WAITING : clockFinding(clock),
    signal: signalFinding(measured),
    udp: directFinding('udp', measured),
    tcp: directFinding('tcp', measured),
    turn: turnFinding(measured),
    codec:
      browser === undefined || media === undefined
        ? withoutMedia
          ? skipped('Not tested: LiveKit itself was not reached.')
          : WAITING
        : codecFinding(browser, media),
    line:
      media === undefined
        ? withoutMedia
          ? skipped('Not tested: LiveKit itself was not reached.')
          : WAITING
        : lineFinding(media),
  };
  const settle = (id: CheckId): Finding => {
    const finding = found[id];
    if (finding.state !== 'waiting' || id === 'microphone') return finding;
    return running.includes(id) ? { state: 'running', detail: 'Testing…' } : finding;
  };
  return Object.fromEntries(CHECK_IDS.map((id) => [id, settle(id)])) as Findings;
}

/** The sentence above the lines. `running`: not yet known. */
export type Summary = {
  readonly kind: 'running' | 'good' | 'usable' | 'bad';
  readonly text: string;
  readonly hint: string;
};

/** What all lines together mean for somebody who only wants to talk to an avatar. */
export function summaryOf(findings: Findings, over: boolean): Summary {
  const count = (state: Finding['state']): number =>
    CHECK_IDS.filter((id) => findings[id].state === state).length;
  const [failed, warnings] = [count('failed'), count('warning')];
  const done = CHECK_IDS.length - count('waiting') - count('running');
  if (!over) {
    return {
      kind: 'running',
      text: 'Checking…',
      hint: `${done} of ${CHECK_IDS.length} done. This takes about ten seconds, longer where something is blocked.`,
    };
  }
  if (failed > 0) {
    return {
      kind: 'bad',
      text: failed === 1 ? 'One thing to fix' : `${failed} things to fix`,
      hint: 'Begin with the first red line; those below it may follow from it.',
    };
  }
  const rest = ['waiting', 'running'].includes(findings.microphone.state)
    ? 'Only your microphone is left to test.'
    : 'Pick an avatar and speak.';
  return warnings > 0
    ? {
        kind: 'usable',
        text: warnings === 1 ? 'It works, with one remark' : `It works, with ${warnings} remarks`,
        hint: rest,
      }
    : { kind: 'good', text: 'Everything works', hint: rest };
}
