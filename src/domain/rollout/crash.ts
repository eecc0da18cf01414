import type { ContainerEnd, ContainerFacts, EventFacts } from "./objects.ts";
import { oneLine } from "./one-line.ts";

/** How a container fell, as a verdict tells it. */
export interface Crash {
  /** The program could not even be started, which may be the node's trouble rather than the image's. */
  readonly kind: "ended" | "not started" | "node trouble";
  readonly text: string;
}

const crashesThatDoom = 2;

/** The crash of a container that keeps ending, or undefined while it may still be a single accident. */
export function crashOf(
  container: ContainerFacts,
  restartsBefore: number,
  events: readonly EventFacts[],
): Crash | undefined {
  const grown = container.restarts - restartsBefore;
  if (grown + (isDown(container) ? 1 : 0) < crashesThatDoom) return undefined;
  const end = container.ended;
  const restarted = `restarted ${container.restarts === 1 ? "once" : `${container.restarts} times`}`;
  if (end !== undefined && isStartError(end)) {
    const said = end.message === "" ? endText(end) : end.message;
    return {
      kind: isProgramFault(end.message) ? "not started" : "node trouble",
      text: `cannot run: ${oneLine(said)} (${endText(end)}, ${restarted})`,
    };
  }
  const probe = probeThatKills(container, events);
  const how = end === undefined ? "ended" : `ended with ${endText(end)}`;
  return { kind: "ended", text: `${how}, ${restarted}${probe === undefined ? "" : `: ${probe}`}` };
}

/**
 * Whether a crash is not yet followed by a restart. The kubelet may show this for more than ten seconds before it calls
 * it a CrashLoopBackOff.
 */
function isDown({ waiting, isRunning, ended }: ContainerFacts): boolean {
  if (waiting !== undefined) return waiting.reason === "CrashLoopBackOff";
  return !isRunning && ended !== undefined && ended.exitCode !== 0;
}

// The runtime reports a program that it could not start by these, and by code 128.
function isStartError({ reason, exitCode }: ContainerEnd): boolean {
  return reason === "StartError" || reason === "ContainerCannotRun" || exitCode === 128;
}

/** Whether a failed start is what the image or its command asked for: another node would fare no better. */
export function isProgramFault(message: string): boolean {
  return /executable file not found|no such file or directory|permission denied|is a directory|exec format error|not a directory/i.test(
    message,
  );
}

function endText({ exitCode, reason, signal }: ContainerEnd): string {
  const by = signal === undefined || signal === 0 ? "" : `, signal ${signal}`;
  return reason === "OOMKilled" ? `OOMKilled (exit code ${exitCode}${by})` : `exit code ${exitCode}${by}`;
}

/** The probe for which the kubelet keeps killing the container, with what it last said. */
function probeThatKills({ name }: ContainerFacts, events: readonly EventFacts[]): string | undefined {
  const killed = events.findLast(
    ({ reason, message }) => reason === "Killing" && message.startsWith(`Container ${name} failed `),
  );
  const kind = /failed (liveness|startup) probe/.exec(killed?.message ?? "")?.[1];
  if (kind === undefined) return undefined;
  const last = events.findLast(
    ({ reason, message }) => reason === "Unhealthy" && message.toLowerCase().startsWith(`${kind} probe`),
  );
  return `killed by its ${kind} probe${last === undefined ? "" : ` (${oneLine(last.message)})`}`;
}
