import { expect, test } from "vitest";
import { describeLook } from "../../../src/actions/canary-analyze/look-line.ts";
import { judgeAnalysis, startAnalysis } from "../../../src/domain/canary/analysis.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";

test("describeLook() says of values what their sentence says, and of requests that none was counted", () => {
  const text =
    "- {name: cpu, query: 'cpu{ {{arm}} }', pass: '< 1'}\n- {name: e, errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'}";
  const metrics = parseMetrics({ input: "metrics", text }, { toleratedRatio: 1.2, unacceptableRatio: 2 });
  const judgements = judgeAnalysis(metrics, startAnalysis(metrics), 0.95);
  expect(describeLook({ weight: 5, judgements, batches: {} })).toBe(
    "weight 5 %  cpu: no look has passed yet, wanted < 1, open  |  e: nothing counted yet",
  );
});
