import { CancelledError, messageOf } from "../core/errors.ts";
import { type LeaseCommand, readCommand } from "../domain/lock/command.ts";
import { leaseAnnotations, leaseOf } from "../domain/lock/lease.ts";
import { whyLost } from "../domain/lock/take.ts";
import { ConflictError, NotFoundError } from "./kubectl-errors.ts";
import type { Held, Taken } from "./lease-acquire.ts";
import { heldLease, type Place, readLease } from "./lease-object.ts";

/** Renews a Lease for as long as it is ours, and hears what others write on it. */
export class LeaseKeeper {
  readonly taken: Taken;
  readonly #place: Place;
  readonly #lost = new AbortController();
  readonly #aborted = new AbortController();
  #seen: unknown;
  #renewedMs: number;
  #told = readCommand(undefined);
  #why: string | undefined;
  #shown = "";

  constructor(place: Place, { taken, object }: Held) {
    this.taken = taken;
    this.#place = place;
    this.#seen = object;
    this.#renewedMs = place.clock.now();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get aborted(): AbortSignal {
    return this.#aborted.signal;
  }

  /** The Lease as it was seen last. */
  get seen(): unknown {
    return this.#seen;
  }

  command(): LeaseCommand | undefined {
    return this.#told.kind === "known" ? this.#told.command : undefined;
  }

  commandWords(): string {
    return this.#told.kind === "known" ? this.#told.words : "";
  }

  whyLost(): string | undefined {
    return this.#why;
  }

  /** Goes on until the signal ends it or the Lease is lost. */
  async keep(ending: AbortSignal): Promise<void> {
    const { clock, timing } = this.#place;
    while (!ending.aborted && this.#why === undefined) {
      try {
        await clock.sleep(timing.lookMs, ending);
        this.#judge(await this.#look());
      } catch (error) {
        // While the API server is away, nobody else can take the release either: what counts is what it says then.
        if (!ending.aborted) this.#warn(`The Lease cannot be renewed: ${messageOf(error)}`);
      }
    }
  }

  async #look(): Promise<unknown> {
    const { clock, timing, kubectl } = this.#place;
    if (clock.now() - this.#renewedMs < timing.renewMs) return readLease(this.#place);
    const { acquiredAt } = leaseOf(this.#seen);
    try {
      // What is not refused is a look too: nobody has written since the last one.
      const renewed = await kubectl.replace(heldLease(this.#place, this.#seen, { acquiredAt }));
      this.#renewedMs = clock.now();
      return renewed;
    } catch (error) {
      if (error instanceof ConflictError || error instanceof NotFoundError) return readLease(this.#place);
      throw error;
    }
  }

  #judge(object: unknown): void {
    this.#seen = object;
    const facts = leaseOf(object);
    this.#why = whyLost(facts, this.#place.request.holder);
    if (this.#why !== undefined) {
      this.#lost.abort(new CancelledError(this.#why));
      return;
    }
    this.#told = readCommand(facts.command);
    if (this.command() === "abort") this.#aborted.abort(new CancelledError("The step was told to abort"));
    if (this.#told.kind === "unknown")
      this.#warn(`Annotation ${leaseAnnotations.command} must be pause or abort: got "${this.#told.text}"`);
  }

  /** Once for each sentence that is new. */
  #warn(line: string): void {
    if (line !== this.#shown) this.#place.request.warn?.(line);
    this.#shown = line;
  }
}
