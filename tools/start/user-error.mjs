// @ts-check

/** A failure the person at the terminal can fix: printed as one line, without a stack. */
export class UserError extends Error {
  /** @param {string} message what failed and how to cure it */
  constructor(message) {
    super(message);
    this.name = 'UserError';
  }
}

/**
 * The message of anything thrown, with the cause that Node's fetch hides behind "fetch failed".
 * @param {unknown} thrown
 * @returns {string}
 */
export function reasonOf(thrown) {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  return cause instanceof Error && cause.message
    ? `${thrown.message}: ${cause.message}`
    : thrown.message;
}
