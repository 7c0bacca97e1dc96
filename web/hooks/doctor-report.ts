/** The self-test as plain text to send to whoever runs the service. Never with tokens; addresses only when asked for. */
import { CHECKS, CHECK_IDS, type CheckState, type Findings } from './doctor-types.ts';

const LABELS: Record<CheckState, string> = {
  waiting: 'not tested',
  running: 'not tested',
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  skipped: 'skipped',
};

export type ReportContext = {
  readonly when: Date;
  /** e.g. `Chrome 131 on Linux`. */
  readonly browser: string;
  /** Origin of the page. */
  readonly origin: string;
  /** Leave IP addresses in. */
  readonly withAddresses: boolean;
};

/** The whole report. */
export function doctorReport(findings: Findings, context: ReportContext): string {
  const when = context.when.toISOString().slice(0, 16).replace('T', ' ');
  const lines = [
    'Live avatar connection check',
    `${when} UTC, ${context.browser}, ${context.origin}`,
    '',
  ];
  for (const id of CHECK_IDS) {
    const { state, detail, cure, facts = [] } = findings[id];
    lines.push(`${`[${LABELS[state]}]`.padEnd(13)}${CHECKS[id]}`);
    if (detail !== '') lines.push(`${INDENT}${detail}`);
    if (cure !== undefined) {
      lines.push(`${INDENT}→ ${cure.by === 'you' ? 'visitor' : 'operator'}: ${cure.text}`);
    }
    for (const fact of facts) lines.push(`${INDENT}· ${fact}`);
  }
  const text = withoutSecrets(`${lines.join('\n')}\n`);
  return context.withAddresses ? text : withoutAddresses(text);
}

const INDENT = ' '.repeat(13);

/** Signed tokens, wherever a browser or library has put one into its message. */
function withoutSecrets(text: string): string {
  return text
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[token]')
    .replaceAll(/(access_token|join_request)=[^\s&]+/g, '$1=[token]');
}

const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
const GROUP = '[0-9a-f]{1,4}';
const IPV6 = new RegExp(
  `\\[?(?:(?:${GROUP}:){4,7}${GROUP}|(?:${GROUP}(?::${GROUP})*)?::(?:${GROUP}(?::${GROUP})*)?)\\]?`,
  'gi',
);
/** Names under which browsers hide a device's own addresses. */
const HIDDEN_NAME = /\b[0-9a-f-]{36}\.local\b/g;

/** The same text without IP addresses. */
export function withoutAddresses(text: string): string {
  return text
    .replaceAll(IPV4, '[address]')
    .replaceAll(IPV6, '[address]')
    .replaceAll(HIDDEN_NAME, '[address]');
}
