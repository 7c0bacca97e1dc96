/**
 * Microphone → mouth at the subscriber, flash-and-beep: Chromium plays beeps into its microphone, the avatar `probe`
 * flashes when it hears one, and the page's instruments time beep in, beep out and flash.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { flashAndBeep, quantile } from '../e2e/harness/analyse.ts';
import { join, launchBrowser, leaveAndClose, openPage } from '../e2e/harness/browser.ts';
import { readRecording } from '../e2e/harness/instrument.ts';
import type { Stack } from '../e2e/harness/stack.ts';
import { beeps, writeWav } from '../e2e/harness/wav.ts';

export type LatencyReport = {
  micToMouthMs: { p50: number; p95: number };
  micToSpeakerMs: { p50: number };
  /** Picture minus sound after Chromium's own lip-sync has converged. */
  avSkewMs: { median: number; absMedian: number };
  /** Click on join → first presented frame. */
  firstFrameMs: { p50: number; all: number[] };
  flashes: number;
};

/** `rounds` joins; the last one stays for `durationS` and is measured. */
export async function benchLatency(
  stack: Stack,
  rounds: number,
  durationS: number,
): Promise<LatencyReport> {
  const wav = joinPath(mkdtempSync(joinPath(tmpdir(), 'avatar-bench-')), 'beeps.wav');
  writeWav(wav, beeps(1300, 120));
  const firstFrames: number[] = [];
  const browser = await launchBrowser(wav);
  try {
    for (let round = 1; ; round++) {
      const page = await openPage(browser, stack.pageUrl);
      firstFrames.push(await join(page, 'probe'));
      if (round < rounds) {
        await page.getByTestId('leave').click();
        await page.waitForTimeout(2500);
        await page.context().close();
        continue;
      }
      await page.waitForTimeout(durationS * 1000);
      const { micToMouthMs, micToSpeakerMs, skewMs } = flashAndBeep(await readRecording(page));
      const settled = skewMs.slice(6);
      return {
        micToMouthMs: { p50: quantile(micToMouthMs, 0.5), p95: quantile(micToMouthMs, 0.95) },
        micToSpeakerMs: { p50: quantile(micToSpeakerMs, 0.5) },
        avSkewMs: { median: quantile(settled, 0.5), absMedian: Math.abs(quantile(settled, 0.5)) },
        firstFrameMs: { p50: quantile(firstFrames, 0.5), all: firstFrames },
        flashes: micToMouthMs.length,
      };
    }
  } finally {
    // A killed browser's session would linger and be measured with the next part.
    await leaveAndClose(browser);
  }
}
