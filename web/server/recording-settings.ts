/** Settings of recording. Off unless the operator says otherwise. */
import { AvatarError } from '@live-avatar/agent/errors';

/** Raw values as the environment has them. */
export type RecordingEnvironment = {
  readonly recording: string | undefined;
  readonly folder: string | undefined;
  readonly maxMinutes: string | undefined;
  readonly viewUrl: string | undefined;
};

/** Where and how long. */
export type RecordingSettings = {
  /** Folder inside the recorder's container, absolute. */
  readonly folder: string;
  /** Page that the recorder films, as its browser reaches it (app/recording-view). */
  readonly viewUrl: string;
  /** Longest recording, ms. */
  readonly maxMs: number;
};

const DEFAULT_FOLDER = '/out';
const DEFAULT_VIEW_URL = 'http://127.0.0.1:3000/recording-view';
const DEFAULT_MINUTES = 60;
const LONGEST_MINUTES = 720;

/** The settings, or undefined when recording is off. @throws AvatarError CONFIG_INVALID naming variable and cure */
export function parseRecording(environment: RecordingEnvironment): RecordingSettings | undefined {
  const {
    recording = 'off',
    folder = DEFAULT_FOLDER,
    maxMinutes,
    viewUrl = DEFAULT_VIEW_URL,
  } = environment;
  if (recording === 'off') return undefined;
  if (recording !== 'on') {
    throw invalid(`RECORDING must be off or on, not "${recording}".`);
  }
  if (!/^\/[A-Za-z0-9_./-]*$/.test(folder) || folder.includes('..')) {
    throw invalid(
      `RECORDING_FOLDER must be an absolute path of letters, digits, _, -, . and /, not "${folder}".`,
    );
  }
  if (!URL.canParse(viewUrl) || !/^https?:/.test(viewUrl)) {
    throw invalid(
      `RECORDING_VIEW_URL must be an address like ${DEFAULT_VIEW_URL}, not "${viewUrl}".`,
    );
  }
  const minutes = maxMinutes === undefined ? DEFAULT_MINUTES : Number(maxMinutes);
  if (!(minutes >= 1 && minutes <= LONGEST_MINUTES)) {
    throw invalid(
      `RECORDING_MAX_MINUTES must be a number from 1 to ${LONGEST_MINUTES}, not "${maxMinutes ?? ''}".`,
    );
  }
  return { folder: folder.replace(/\/+$/, ''), viewUrl, maxMs: minutes * 60_000 };
}

function invalid(message: string): AvatarError {
  return new AvatarError('CONFIG_INVALID', message);
}
