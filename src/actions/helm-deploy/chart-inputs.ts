import { ConfigError } from "../../core/errors.ts";
import type { Runner } from "../../platform/github-runner.ts";
import { integer, oneOf, optional } from "../../platform/inputs.ts";

/** Where the chart comes from, and how Helm is to treat it. */
export interface ChartSource {
  /** Version or digest in a registry. */
  readonly version?: string;
  /** Keyring that must have signed the chart. */
  readonly keyring?: string;
  readonly reuse: "reset" | "reset-then-reuse";
  readonly mutableTags: "refuse" | "resolve";
  readonly crds: "skip" | "apply";
  readonly historyMax: number;
  /** Exact version of Helm. */
  readonly helmVersion?: string;
}

/** Reads what is said about the chart beside its name. */
export function readChartSource(runner: Runner): ChartSource {
  const version = optional(runner, "chart-version");
  const keyring = optional(runner, "chart-keyring");
  const helmVersion = optional(runner, "helm-version");
  if (helmVersion !== undefined && !/^v?\d+\.\d+\.\d+$/.test(helmVersion))
    throw new ConfigError(
      `Input "helm-version" must be an exact version such as 4.2.4: got "${helmVersion}"`,
    );
  return {
    ...(version === undefined ? {} : { version }),
    ...(keyring === undefined ? {} : { keyring }),
    reuse: oneOf(runner, "reuse-values", ["reset", "reset-then-reuse"]),
    mutableTags: oneOf(runner, "mutable-tags", ["refuse", "resolve"]),
    crds: oneOf(runner, "crds", ["skip", "apply"]),
    historyMax: integer(runner, "history-max", { min: 2, max: 256 }),
    ...(helmVersion === undefined ? {} : { helmVersion: helmVersion.replace(/^v/, "") }),
  };
}
