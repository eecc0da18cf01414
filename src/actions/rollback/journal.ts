import { formatMs } from "../../core/duration.ts";
import { CancelledError, ConfigError, messageOf, OutsideError } from "../../core/errors.ts";
import type { Clock } from "../../platform/clock.ts";

/** One thing the rollback did or tried. */
export interface Step {
  readonly name: string;
  readonly milliseconds: number;
  readonly isDone: boolean;
  readonly sentence: string;
}

/** What a step has to say when it worked. */
export interface Done<T> {
  readonly value: T;
  readonly sentence: string;
}

export interface JournalOptions {
  readonly clock: Clock;
  readonly limitMs: number;
  /** When the runner cancelled the step. */
  readonly cancelled: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Runs steps within one total time. A step that an outside thing refused is written down and the next one still runs:
 * whatever can be made safe is made safe.
 */
export class Journal {
  readonly steps: Step[] = [];
  readonly startedAt: number;
  /** Sentences for what did not work. */
  readonly problems: string[] = [];
  readonly notes: string[] = [];
  readonly #options: JournalOptions;
  #stop: AbortSignal;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#stop = options.cancelled;
    this.startedAt = options.clock.now();
  }

  /** Another reason to begin nothing more: the release is in other hands. */
  stopOn(signal: AbortSignal): void {
    this.#stop = AbortSignal.any([this.#stop, signal]);
  }

  get stop(): AbortSignal {
    return this.#stop;
  }

  /** Writes down a step that took all the time until now. */
  mark(name: string, sentence: string): void {
    const milliseconds = this.elapsedMs();
    this.steps.push({ name, milliseconds, isDone: true, sentence });
    this.#options.say(`done: ${name} (${formatMs(milliseconds)}): ${sentence}`);
  }

  leftMs(): number {
    return Math.max(0, this.startedAt + this.#options.limitMs - this.#options.clock.now());
  }

  elapsedMs(): number {
    return this.#options.clock.now() - this.startedAt;
  }

  /** Runs a step unless the time is over. Undefined: it did not work, and the journal says why. */
  async step<T>(name: string, body: () => Promise<Done<T>>): Promise<Done<T> | undefined> {
    const { clock, limitMs, say } = this.#options;
    if (this.leftMs() === 0) {
      this.problems.push(`The time limit of ${formatMs(limitMs)} was over before: ${name}`);
      return undefined;
    }
    const startedAt = clock.now();
    const write = (isDone: boolean, sentence: string) => {
      const milliseconds = clock.now() - startedAt;
      this.steps.push({ name, milliseconds, isDone, sentence });
      say(`${isDone ? "done" : "not done"}: ${name} (${formatMs(milliseconds)}): ${sentence}`);
    };
    try {
      const done = await body();
      write(true, done.sentence);
      return done;
    } catch (error) {
      if (!isOutside(error)) throw error;
      const sentence = messageOf(error);
      write(false, sentence);
      this.problems.push(
        this.leftMs() === 0
          ? `The time limit of ${formatMs(limitMs)} was over during: ${name}: ${sentence}`
          : sentence,
      );
      return undefined;
    }
  }

  /** Runs a step that a cancelled run leaves to the job that recovers. */
  async stepUnlessCancelled<T>(name: string, body: () => Promise<Done<T>>): Promise<Done<T> | undefined> {
    if (!this.#stop.aborted) return this.step(name, body);
    const isCancelled = this.#options.cancelled.aborted;
    this.problems.push(
      isCancelled
        ? `The step was cancelled before: ${name}; mode recover does it`
        : `Not done: ${name}: ${messageOf(this.#stop.reason)}`,
    );
    return undefined;
  }
}

function isOutside(error: unknown): boolean {
  return error instanceof OutsideError || error instanceof ConfigError || error instanceof CancelledError;
}
