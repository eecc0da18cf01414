import { setTimeout as wait } from "node:timers/promises";
import { CancelledError } from "../core/errors.ts";

/** Time as an argument, so that a test can be its master. */
export interface Clock {
  /** Milliseconds since an epoch. */
  now(): number;
  /** Ends early with a CancelledError when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
    } catch {
      throw new CancelledError("The step was cancelled while it waited");
    }
  },
};
