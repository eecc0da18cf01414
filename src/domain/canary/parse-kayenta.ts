import { type KayentaScoring, type KayentaTest, usualScoring } from "./kayenta-test.ts";
import type { Entry, Refuse } from "./parse-metrics.ts";

// As Kayenta has them: the confidence and tolerance of its judge are constants.
const confidence = 0.98;
const tolerance = 0.25;
const usualIntervals = 50;
const usualFactor = 3;

/** The Kayenta test of a metric; undefined where it has another one. */
export function kayentaTestOf(entry: Entry, refuse: Refuse): KayentaTest | undefined {
  const given = entry.kayenta;
  if (entry.test !== "kayenta") {
    if (given !== undefined) throw refuse("kayenta", "is for the test kayenta");
    if (entry.direction === "either")
      throw refuse("direction", "must be increase or decrease: either is for the test kayenta");
    return undefined;
  }
  const isCles = given?.effect === "cles";
  const usual = isCles ? 0.5 : 1;
  const allowedIncrease = given?.["allowed-increase"] ?? usual;
  const allowedDecrease = given?.["allowed-decrease"] ?? usual;
  const score = scoringOf(given?.score, refuse);
  return {
    rule: {
      direction: entry.direction ?? "either",
      nanStrategy: given?.nan ?? "remove",
      critical: given?.critical ?? false,
      mustHaveData: given?.["must-have-data"] ?? false,
      tolerance,
      confidence,
      effect: isCles ? "cles" : "meanRatio",
      allowedIncrease,
      allowedDecrease,
      criticalIncrease: given?.["critical-increase"] ?? allowedIncrease,
      criticalDecrease: given?.["critical-decrease"] ?? allowedDecrease,
    },
    ...(given?.outliers === "remove" ? { outlierFactor: given["outlier-factor"] ?? usualFactor } : {}),
    groups: given?.groups ?? ["all"],
    intervals: given?.intervals ?? usualIntervals,
    ...(score === undefined ? {} : { score }),
  };
}

type Given = NonNullable<NonNullable<Entry["kayenta"]>["score"]>;

function scoringOf(given: Given | undefined, refuse: Refuse): KayentaScoring | undefined {
  if (given === undefined) return undefined;
  const score: KayentaScoring = {
    pass: given.pass ?? usualScoring.pass,
    marginal: given.marginal ?? usualScoring.marginal,
    weights: given.weights ?? {},
  };
  if (score.marginal > score.pass)
    throw refuse(
      "kayenta",
      `must have a marginal score of at most pass (${score.pass}): got ${score.marginal}`,
    );
  return score;
}
