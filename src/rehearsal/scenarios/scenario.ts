import type { Evidence } from "../../domain/evidence/evidence.ts";
import type { Faults } from "../application.ts";
import type { EnvironmentState } from "../github/state.ts";
import type { PodSample } from "../pod-watch.ts";
import type { RunEvent, RunResult } from "../runner/events.ts";
import type { StartedRun } from "../runner/run.ts";
import type { StableVersion } from "../stable-version.ts";
import type { Stage } from "../stage.ts";
import type { TrafficReport } from "../traffic.ts";

/** Something broken on purpose, or nothing, and how the chain must end. */
export interface Scenario {
  readonly name: string;
  /** What is broken, for people. */
  readonly breaks: string;
  /** How production is deployed; absent is a canary. */
  readonly strategy?: "blue-green";
  /** Changes the source of the version that serves before. */
  readonly before?: (stage: Stage) => Promise<void>;
  /** Faults of the version that serves before; absent is healthy. */
  readonly stableFaults?: Faults;
  /** Changes the source of the version that is to be deployed; what it returns is added to the variables. */
  readonly change: (stage: Stage) => Promise<Readonly<Record<string, string>> | undefined>;
  /** Path of the caller in the application's repository. */
  readonly workflow?: string;
  readonly environments?: (known: Map<string, EnvironmentState>) => void;
  /** `no` makes the approver refuse whatever the command line says. */
  readonly approve?: "no";
  /** Does harm while the first run goes on. */
  readonly during?: (event: RunEvent, going: Going) => Promise<void> | undefined;
  /** Runs once more after the first run ended, where the way home is part of the scenario. */
  readonly again?: boolean;
  /** What differed from how it should have ended; empty is as it should. */
  readonly judge: (outcome: Outcome) => readonly string[];
}

/** A run under way, and where. */
export interface Going {
  readonly stage: Stage;
  readonly started: StartedRun;
}

/** Everything there is to judge a scenario by. */
export interface Outcome {
  readonly stage: Stage;
  readonly stable: StableVersion;
  readonly runs: readonly RunResult[];
  readonly evidence: readonly FoundEvidence[];
  readonly commit: string;
  readonly traffic: TrafficReport;
  readonly pods: readonly PodSample[];
  readonly production: ProductionState;
  /** Digest of the commit's tag in the registry; absent when there is no such tag. */
  readonly taggedDigest: string | undefined;
}

/** An evidence file and the job that left it. */
export interface FoundEvidence {
  readonly artifact: string;
  readonly evidence: Evidence;
}

/** Production after the end, asked by real requests and seen in the running pods. */
export interface ProductionState {
  readonly answeringDigests: readonly string[];
  readonly podDigests: readonly string[];
  readonly stagingWorkloads: number;
  /** Pods of the release that should not be there at the end: the candidate's, or the old colour's. */
  readonly candidatePods: number;
  /** Share of the traffic, in percent, that does not go where most of it goes. */
  readonly weight: number;
}
