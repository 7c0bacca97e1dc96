/** Real Chromium with a wav file as its microphone, and the steps a user takes on the page. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { instrument } from './instrument.ts';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of an installed Chromium. @throws Error with the install line */
export function chromiumPath(): string {
  const found = [process.env['CHROMIUM_BIN'], ...CANDIDATES].find(
    (path) => path && existsSync(path),
  );
  if (!found)
    throw new Error('Chromium is not installed: apt-get install chromium, or set CHROMIUM_BIN');
  return found;
}

/** Launch with `wavPath` as the (looping) microphone; `allowMicrophone: false` leaves the question unanswered. */
export async function launchBrowser(
  wavPath: string,
  { allowMicrophone = true }: { allowMicrophone?: boolean } = {},
): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${wavPath}`,
      ...(allowMicrophone ? ['--use-fake-ui-for-media-stream'] : []),
    ],
  });
}

/** A window that costs little to draw without a GPU, for tests with several browsers. */
export const SMALL_WINDOW = { width: 640, height: 480 };

/** Open the page in a fresh context with the microphone allowed and the taps installed. */
export async function openPage(
  browser: Browser,
  pageUrl: string,
  viewport = { width: 1280, height: 800 },
): Promise<Page> {
  const context = await browser.newContext({ permissions: ['microphone'], viewport });
  const page = await context.newPage();
  await instrument(page);
  await page.goto(pageUrl, { waitUntil: 'domcontentloaded' });
  return page;
}

/** Choose an avatar and join; resolves at the first presented frame with the time it took since the click, ms. */
export async function join(page: Page, avatarId: string): Promise<number> {
  await page.getByTestId(`avatar-card-${avatarId}`).click({ timeout: 30_000 });
  const button = page.getByTestId('join');
  await button.waitFor({ timeout: 15_000 });
  const started = Date.now();
  await button.click();
  const hasPicture = (): boolean =>
    (window as unknown as { __recording: { frames: unknown[] } }).__recording.frames.length > 0;
  try {
    await page.waitForFunction(hasPicture, undefined, { timeout: 45_000, polling: 20 });
  } catch {
    throw new Error(`no picture within 45 s; the page says: ${await page.innerText('body')}`);
  }
  return Date.now() - started;
}

/** Close as a person closes a window: the pages say goodbye first (a killed browser is noticed only after ICE times out). */
export async function leaveAndClose(browser: Browser): Promise<void> {
  for (const context of browser.contexts()) {
    for (const page of context.pages()) await page.goto('about:blank').catch(() => null);
  }
  await browser.close();
}
