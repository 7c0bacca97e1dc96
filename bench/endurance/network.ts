/**
 * A person behind a bad network: real Chromium in a network namespace of its own, whose only way to the service is a
 * link that delays and drops packets. For each condition a fresh session: join, watch, then the loss ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, launchBrowser, leaveAndClose } from '../../e2e/harness/browser.ts';
import { instrument, readRecording } from '../../e2e/harness/instrument.ts';
import { speechThenSilence, writeWav } from '../../e2e/harness/wav.ts';
import { FarNetwork, NEAR_ADDRESS, type Impairment } from './far-network.ts';
import { startOwnStack, type OwnStack } from './own-stack.ts';
import { keepConnections, readCounters, received, recoveryMs, type Received } from './received.ts';

/** One condition's result. */
export type ConditionReport = {
  /** Round trip added by the link, ms, and loss in each direction. */
  rttMs: number;
  lossRatio: number;
  /** From the click on join to the first picture. */
  firstPictureMs: number;
  watched: Received;
  /** From the end of the loss to a steady picture (24 fps over a second, no pause above 200 ms); null: not within the time. */
  recoveryMs: number | null;
};

/** Options of a run. */
export type NetworkOptions = {
  readonly conditions: readonly Impairment[];
  /** Watched per condition, s. */
  readonly durationS: number;
  readonly seed: number;
  readonly onResult: (report: ConditionReport) => void;
};

const PASSCODE = 'endurance run';
/** Buffers and congestion control settle. */
const SETTLE_MS = 8000;
const JOIN_TIMEOUT_MS = 120_000;
const RECOVERY_WATCH_MS = 12_000;
const STEADY_FPS = 24;

/** Run it; call inside a namespace of our own (far-network.ts). */
export async function network(options: NetworkOptions): Promise<ConditionReport[]> {
  const folder = mkdtempSync(joinPath(tmpdir(), 'endurance-'));
  const far = await FarNetwork.create(options.seed);
  const wav = joinPath(folder, 'speech.wav');
  writeWav(wav, speechThenSilence('avatars/ava/clips/hello.wav', 400));
  let stack: OwnStack | undefined;
  let browser: Browser | undefined;
  try {
    stack = await startOwnStack(
      { max_sessions: 4 },
      { LIVE_AVATAR_HOST: '0.0.0.0', ACCESS_MODE: 'passcode', ACCESS_PASSCODE: PASSCODE },
    );
    const pageUrl = stack.pageUrl.replace('127.0.0.1', NEAR_ADDRESS);
    browser = await launchFarBrowser(far, joinPath(folder, 'far-chromium'), wav, pageUrl);
    const page = await browser.newPage({ permissions: ['microphone'] });
    await instrument(page);
    await keepConnections(page);
    await page.goto(pageUrl);
    await page.getByTestId('passcode').fill(PASSCODE);
    await page.getByTestId('passcode-submit').click();
    await page.getByTestId('avatar-card-ava').waitFor({ timeout: 60_000 });
    const reports: ConditionReport[] = [];
    for (const condition of options.conditions) {
      await far.impair({ ...condition, lossRatio: 0 });
      const report = await watch(page, far, pageUrl, condition, options.durationS);
      reports.push(report);
      options.onResult(report);
    }
    return reports;
  } finally {
    await far.impair({ delayMs: 0, lossRatio: 0 }).catch(() => undefined);
    if (browser) await leaveAndClose(browser);
    await stack?.stop();
    await far.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Chromium on the far side. Browsers give the microphone to https only; the flag makes this one address count as such. */
async function launchFarBrowser(
  far: FarNetwork,
  path: string,
  wav: string,
  pageUrl: string,
): Promise<Browser> {
  far.wrap(path, chromiumPath(), [`--unsafely-treat-insecure-origin-as-secure=${pageUrl}`]);
  const configured = process.env['CHROMIUM_BIN'];
  process.env['CHROMIUM_BIN'] = path;
  try {
    return await launchBrowser(wav);
  } finally {
    if (configured === undefined) delete process.env['CHROMIUM_BIN'];
    else process.env['CHROMIUM_BIN'] = configured;
  }
}

async function watch(
  page: Page,
  far: FarNetwork,
  pageUrl: string,
  condition: Impairment,
  durationS: number,
): Promise<ConditionReport> {
  await page.goto(pageUrl, { waitUntil: 'domcontentloaded' });
  await page.getByTestId('avatar-card-ava').waitFor({ timeout: 60_000 });
  await far.impair(condition);
  const firstPictureMs = await joinPatiently(page);
  await page.waitForTimeout(SETTLE_MS);

  const before = await moment(page);
  await page.waitForTimeout(1000 * durationS);
  const after = await moment(page);
  await far.impair({ ...condition, lossRatio: 0 });
  const cleared = await page.evaluate(() => performance.now());
  await page.waitForTimeout(RECOVERY_WATCH_MS);
  const { frames } = await readRecording(page);
  const shown = frames.filter(({ t }) => t >= before.atMs && t < after.atMs);
  await page.getByTestId('leave').click();
  return {
    rttMs: 2 * condition.delayMs,
    lossRatio: condition.lossRatio,
    firstPictureMs,
    watched: received(before.counters, after.counters, shown, after.atMs - before.atMs),
    recoveryMs: recoveryMs(frames, cleared, STEADY_FPS) ?? null,
  };
}

/** Join; lost packets may make the way in slow. @returns time from the click to the first picture, ms */
async function joinPatiently(page: Page): Promise<number> {
  await page.getByTestId('avatar-card-ava').click();
  const button = page.getByTestId('join');
  await button.waitFor();
  const clicked = await page.evaluate(() => performance.now());
  await button.click();
  await page.waitForFunction(
    () =>
      (window as unknown as { __recording: { frames: unknown[] } }).__recording.frames.length > 0,
    undefined,
    { timeout: JOIN_TIMEOUT_MS, polling: 100 },
  );
  const { frames } = await readRecording(page);
  return frames[0]!.t - clicked;
}

/** Counters and the page's clock at once. */
async function moment(
  page: Page,
): Promise<{ atMs: number; counters: Awaited<ReturnType<typeof readCounters>> }> {
  const counters = await readCounters(page);
  return { counters, atMs: await page.evaluate(() => performance.now()) };
}
