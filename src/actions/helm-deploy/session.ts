import type { Budget } from "../../core/budget.ts";
import type { Json } from "../../core/json.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { ActionContext } from "../../platform/action.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Cluster } from "../../platform/cluster-access.ts";
import type { GithubApi } from "../../platform/github-api.ts";
import type { Annotation } from "../../platform/github-runner.ts";
import type { Lease } from "../../platform/lease.ts";
import type { RecordStore } from "../../platform/record-store.ts";
import type { confirmWeight } from "../../platform/traffic-confirm.ts";
import type { HelmDeployInputs } from "./inputs.ts";

/** What is known before the cluster is spoken to. */
export interface Preparation {
  readonly context: ActionContext;
  readonly inputs: HelmDeployInputs;
  readonly github?: GithubApi;
  /** Who approved the run for this environment. */
  readonly approver?: string;
  /** Verdicts of the gates before, from evidence. */
  readonly gates: readonly { readonly gate: string; readonly verdict: Verdict["kind"] }[];
}

/** What every phase works with. */
export interface Session extends Preparation {
  readonly cluster: Cluster;
  readonly store: RecordStore;
  readonly clock: Clock;
  /** What is left of the step's time. */
  readonly budget: Budget;
  /** The release in our hands; a plan changes nothing and takes none. Once it is lost, `context.signal` is aborted too. */
  readonly lease?: Lease;
  /** Counts real responses until they bear out a weight. */
  readonly confirm: typeof confirmWeight;
}

/** What a phase has to say at its end. */
export interface PhaseOutcome {
  readonly verdict: Verdict;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly details?: { readonly [key: string]: Json | undefined };
  /** Markdown. */
  readonly summary?: string;
  readonly annotations?: readonly Annotation[];
}

/** The digest that is deployed: the first image's. */
export function digestOf(inputs: HelmDeployInputs): string {
  return inputs.images[0]?.digest ?? "";
}

/** The outputs of a step that refused before it changed anything. */
export const refusedOutputs = { "failure-reason": "refused", "candidate-release": "" } as const;
