import { messageOf, OutsideError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import {
  closeStrata,
  type HeldStep,
  type RampPosition,
  type RampTerms,
  type Step,
  saveRamp,
} from "../../domain/canary/saved-ramp.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Watch } from "./watch.ts";
import type { Weights } from "./weights.ts";

export interface JourneyParts {
  readonly terms: RampTerms;
  readonly watch: Pick<Watch, "kept">;
  readonly weights: Pick<Weights, "keep">;
  readonly clock: Clock;
  readonly say: (line: string) => void;
}

/** A write is one call of the API server: so often is a part of what the looks cost. */
const keepEveryMs = 15_000;
/** Beside the records, which a ConfigMap of 1 MiB holds too. */
const mostCharacters = 300_000;

/** Where a ramp stands, and what the cluster is told of it, so that a lost run is gone on with. */
export class Journey {
  #position: RampPosition;
  #keptMs = Number.NEGATIVE_INFINITY;
  #shown = "";
  readonly #parts: JourneyParts;

  constructor(parts: JourneyParts, position: RampPosition) {
    this.#parts = parts;
    this.#position = position;
  }

  get position(): RampPosition {
    return this.#position;
  }

  /** From here on answers may come from either weight: what is scraped across the change belongs to none. */
  leaveFor(index: number): void {
    const { held: _over, ...position } = this.#position;
    const strata = closeStrata(position.strata, this.#parts.clock.now());
    this.#position = { ...position, index, strata };
  }

  arrive(weight: number, { confirmed, routeWeight }: Pick<HeldStep, "confirmed" | "routeWeight">): void {
    const fromMs = this.#parts.clock.now();
    const held = { fromMs, uncountedMs: 0, isPaused: false, quietLooks: 0, confirmed, routeWeight };
    const strata = [...this.#position.strata, { name: String(weight), fromMs }];
    this.#position = { ...this.#position, strata, held };
  }

  note(change: Partial<HeldStep>): void {
    const { held } = this.#position;
    if (held !== undefined) this.#position = { ...this.#position, held: { ...held, ...change } };
  }

  end(weight: number, { requests, ended }: Pick<Step, "requests" | "ended">): void {
    const { held, steps } = this.#position;
    if (held === undefined) return;
    const { fromMs, confirmed, extendedFor } = held;
    const extended = extendedFor === undefined ? {} : { extendedFor };
    const untilMs = this.#parts.clock.now();
    const step: Step = { weight, fromMs, untilMs, requests, confirmed, ended, ...extended };
    this.#position = { ...this.#position, steps: [...steps, step] };
  }

  /** All that another run needs; null where the cluster could not hold it. */
  document(): Json {
    const { terms, watch, clock } = this.#parts;
    const document = saveRamp(terms, { savedMs: clock.now(), position: this.#position, ...watch.kept() });
    if (JSON.stringify(document).length <= mostCharacters) return document;
    this.#sayOnce(`The ramp's sums take more than ${mostCharacters} characters: a lost run begins anew`);
    return null;
  }

  /** Writes it down now and then, at once where it must be. A cluster that is away does not end the ramp. */
  async keep(weight: number, { expiresMs, isDue }: { readonly expiresMs: number; readonly isDue: boolean }) {
    const { weights, clock } = this.#parts;
    if (!isDue && clock.now() - this.#keptMs < keepEveryMs) return;
    try {
      await weights.keep(weight, { expiresMs, ramp: this.document() });
      this.#keptMs = clock.now();
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      this.#sayOnce(`How far the ramp has come could not be kept: ${messageOf(error)}`);
    }
  }

  #sayOnce(line: string): void {
    if (line !== this.#shown) this.#parts.say(line);
    this.#shown = line;
  }
}
