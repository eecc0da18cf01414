import { fail, type Verdict } from "../../core/verdict.ts";
import type { HeldStep } from "../../domain/canary/saved-ramp.ts";
import { abortSentence } from "../../domain/lock/command.ts";
import { leaseName } from "../../domain/lock/lease.ts";
import type { CanaryPorts } from "./watch.ts";

export type Undisturbed<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "told"; readonly verdict: Verdict };

interface Listening {
  readonly release: string;
  readonly ports: CanaryPorts;
}

/** Ends what is under way when a person tells the run to abort: it may be a wait of minutes. */
export async function unlessTold<T>(
  { release, ports: { signal, lease } }: Listening,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<Undisturbed<T>> {
  if (lease === undefined) return { kind: "done", value: await body(signal) };
  try {
    lease.aborted.throwIfAborted();
    return { kind: "done", value: await body(AbortSignal.any([signal, lease.aborted])) };
  } catch (error) {
    if (signal.aborted || !lease.aborted.aborted) throw error;
    return { kind: "told", verdict: fail(abortSentence(leaseName(release), lease.commandWords())) };
  }
}

/** Time under a pause is no time of the step. */
export function obey({ clock, lease, say }: CanaryPorts, weight: number, held: HeldStep) {
  let lookedMs = clock.now();
  let { uncountedMs } = held;
  let wasPaused = false;
  return {
    uncountedMs: () => uncountedMs,
    isPaused: () => {
      const isPaused = lease?.command() === "pause";
      if (isPaused !== wasPaused)
        say(isPaused ? `weight ${weight} % is held by command` : "the ramp goes on");
      wasPaused = isPaused;
      if (isPaused) uncountedMs += clock.now() - lookedMs;
      lookedMs = clock.now();
      return isPaused;
    },
  };
}
