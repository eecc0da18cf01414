import { listAt, numberAt } from "../../core/json.ts";
import { modelledActions } from "../runner/modelled-actions.ts";
import { noRequestLost, productionServes, runEnded } from "./expectations.ts";
import type { Outcome, Scenario } from "./scenario.ts";

const workflow = ".github/workflows/backtest.yml";

/** A team asks, before its first canary, what one would see at production's traffic. Nothing is released. */
export const backtest: Scenario = {
  name: "backtest",
  breaks: "nothing: the recorded traffic is dealt out to pretended releases",
  workflow,
  change: async ({ application }) => {
    await application.write(workflow, backtestWorkflow());
    return undefined;
  },
  judge: (outcome) => [
    ...runEnded(outcome, "success"),
    ...backtested(outcome),
    ...productionServes(outcome, "old"),
    ...noRequestLost(outcome),
  ],
};

/** The traffic of the first minute is what the backtest reads. */
function backtestWorkflow(): string {
  const uses = (name: string) => {
    const found = modelledActions.find((one) => one.name === name);
    return found === undefined ? name : `${found.repository}@${found.sha} # ${found.version}`;
  };
  return `name: backtest
on:
  workflow_dispatch:

permissions: {}

jobs:
  backtest:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
      - name: Check out
        uses: ${uses("checkout")}
        with:
          persist-credentials: false
      - name: Traffic of a minute
        run: sleep 60
      - id: backtest
        name: Backtest
        uses: sluice-actions/sluice/actions/canary-analyze@0000000000000000000000000000000000000000 # v0.0.0
        with:
          mode: backtest
          metrics: metrics.yaml
          prometheus-url: \${{ vars.PROMETHEUS_URL }}
          baseline: namespace="production",release="web"
          backtest-range: 3m
          interval: 2s
          steps: 20@6s, 50@6s, 80@6s
          minimum-requests: "30"
          unacceptable-ratio: "50"
          on-inconclusive: warn
      - name: Keep the evidence
        if: always() && steps.backtest.outputs.report != ''
        uses: ${uses("upload-artifact")}
        with:
          name: sluice-backtest-\${{ github.run_attempt }}
          path: \${{ runner.temp }}/sluice/*.json
`;
}

function backtested({ evidence }: Outcome): readonly string[] {
  const found = evidence.find(({ evidence: one }) => one.mode === "backtest")?.evidence;
  if (found === undefined) return ["no evidence of a backtest was left"];
  const releases = numberAt(found.details, "falseFails", "releases") ?? 0;
  const share = numberAt(found.details, "falseFails", "share") ?? 1;
  const largest = listAt(found.details, "regressions").filter(
    (one) => numberAt(one, "ratio") === 50 && (numberAt(one, "stopped") ?? 0) > 0,
  );
  return [
    ...(found.verdict === "fail" ? [`the backtest failed: ${found.reasons.join("; ")}`] : []),
    ...(releases >= 40 ? [] : [`${releases} releases were pretended, wanted at least 40`]),
    ...(share <= 0.05 ? [] : [`${share} of the equal versions were stopped, wanted at most 0.05`]),
    ...(largest.length >= 2 ? [] : ["fifty times as many errors, or as slow, were not found, wanted both"]),
  ];
}
