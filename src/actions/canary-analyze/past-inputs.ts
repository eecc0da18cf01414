import type { InputReader } from "../../platform/github-runner.ts";
import { refuseGiven } from "../../platform/inputs.ts";

/** What only a verdict on a rollout has a use for: it steers traffic, touches a cluster, vouches for an image. */
const forRollouts = ["traffic", "release", "image", "evidence", "require", "kubeconfig", "context", "server"];

interface Past {
  readonly mode: "backtest" | "replay";
  readonly reads: string;
  /** What this mode has no use for either. */
  readonly others: readonly string[];
}

/** A mode that looks at the past refuses what it has no use for rather than leave it unused in silence. */
export function refuseBesidesPast(inputs: InputReader, { mode, reads, others }: Past): void {
  refuseGiven(
    inputs,
    [...others, ...forRollouts],
    (name, text) =>
      `Input "${name}" must be empty in mode ${mode}, which reads ${reads} alone: got "${text}"`,
  );
}
