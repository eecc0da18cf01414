import { expect, test } from "vitest";
import { emptyState } from "../../../src/domain/record/state.ts";
import { inFlightProblem, servingColour } from "../../../src/domain/release/strategy-change.ts";
import { recordOf, rolloutOf } from "../../actions/helm-deploy/states.ts";

const canary = { ...emptyState, rollout: rolloutOf() };
const green = {
  ...emptyState,
  rollout: rolloutOf({ strategy: "blue-green", candidateRelease: "web-green" }),
};

test("inFlightProblem() lets a strategy go on with its own rollout, and no other", () => {
  expect(inFlightProblem(emptyState, "rolling")).toBeUndefined();
  expect(inFlightProblem(canary, "canary")).toBeUndefined();
  expect(inFlightProblem(green, "blue-green")).toBeUndefined();
  expect(inFlightProblem(canary, "blue-green")).toMatch(
    /^A canary deploy of sha256:b+ is in flight \(web-candidate\): end it first/,
  );
  expect(inFlightProblem(green, "rolling")).toMatch(
    /^A blue-green deploy .* change the strategy to rolling$/,
  );
});

test("servingColour() is the newest version that was not bad, where a colour carries it", () => {
  const blue = recordOf("blue", { helmRelease: "web-blue", revision: 1 });
  const bad = recordOf("bad", { helmRelease: "web-green", revision: 1, status: "bad" });
  expect(servingColour({ ...emptyState, records: [bad, blue] })?.helmRelease).toBe("web-blue");
  expect(
    servingColour({ ...emptyState, records: [recordOf("plain", { revision: 2 }), blue] }),
  ).toBeUndefined();
});
