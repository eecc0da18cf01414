import { ConfigError } from "../../core/errors.ts";
import { backtest } from "./backtest.ts";
import { corruptBackup } from "./backup.ts";
import { blueGreen } from "./colours.ts";
import { good } from "./good.ts";
import { erroringCanary, rejected, runnerLost, slowVersion, unprotectedProduction } from "./production.ts";
import type { Scenario } from "./scenario.ts";
import { leakedSecret, vulnerableDependency } from "./source.ts";
import { brokenImage, crashOnStart, failingMigration, swappedDigest } from "./staging.ts";

/** Every scenario, in the order of the chain's gates. */
export const scenarios: readonly Scenario[] = [
  good,
  blueGreen,
  leakedSecret,
  vulnerableDependency,
  swappedDigest,
  brokenImage,
  crashOnStart,
  failingMigration,
  unprotectedProduction,
  rejected,
  slowVersion,
  erroringCanary,
  runnerLost,
  backtest,
  corruptBackup,
];

/** The scenarios of those names; `all` is every one. */
export function chooseScenarios(names: readonly string[]): readonly Scenario[] {
  if (names.includes("all")) return scenarios;
  return names.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found !== undefined) return found;
    const known = scenarios.map((scenario) => scenario.name).join(", ");
    throw new ConfigError(`Option --scenario must be one of ${known}: got "${name}"`);
  });
}
