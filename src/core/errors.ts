/** The workflow is wrong: the user who wrote it must act. The message names the input, the rule and what was received. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** A tool or a service refused or broke. The message names it, the verb, the exit code or status, and the last lines. */
export class OutsideError extends Error {
  override readonly name = "OutsideError";
}

/** The run was cancelled from outside (SIGINT or SIGTERM) while work was under way. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
}

/** The text of anything that was thrown, without a stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
