import { at, isRecord, listAt, numberAt, textAt } from "../../core/json.ts";
import type { Evidence } from "../../domain/evidence/evidence.ts";
import { escapeHtml } from "./escape-html.ts";
import { type Line, lineChart } from "./line-chart.ts";

/** The canary's curves: weight, the share of bad requests of both arms per metric, and the evidence against its limit. */
export function canarySection(evidence: Evidence): string {
  const looks = listAt(evidence.details, "looks");
  const begun = Date.parse(evidence.startedAt);
  const secondsOf = (look: unknown) => (Date.parse(textAt(look, "at") ?? "") - begun) / 1000;
  const until = Math.max(1, ...looks.map(secondsOf));
  const frame = { fromSeconds: 0, untilSeconds: until };
  const weight: Line = {
    name: "weight of the candidate",
    colour: "weight",
    isStep: true,
    points: looks.map((look) => [secondsOf(look), numberAt(look, "weight") ?? 0]),
  };
  const metrics = metricNames(looks).map((name) => {
    const share = (arm: "candidate" | "baseline"): Line => ({
      name: arm === "baseline" ? "stable" : arm,
      colour: arm === "baseline" ? "stable" : arm,
      points: looks.flatMap((look) => {
        const bad = numberAt(look, "metrics", name, "sum", arm, "bad");
        const total = numberAt(look, "metrics", name, "sum", arm, "total");
        return bad === undefined || !total ? [] : [[secondsOf(look), (100 * bad) / total] as const];
      }),
    });
    const failing: Line = {
      name: "evidence",
      colour: "error",
      points: looks.flatMap((look) => {
        const log = at(look, "metrics", name, "logFail");
        return typeof log === "number" ? [[secondsOf(look), Math.max(0, log)] as const] : [];
      }),
    };
    const failsAt = numberAt(looks.at(-1), "metrics", name, "logFailsAt") ?? Math.log(20);
    const limit = { value: failsAt, name: `fails at p ${Math.exp(-failsAt).toPrecision(2)}` };
    const sentence = textAt(looks.at(-1), "metrics", name, "sentence") ?? "";
    return `<p class="sentence">${escapeHtml(sentence)}</p>${lineChart({ ...frame, title: `${name}: share of bad requests so far`, unit: " %", lines: [share("baseline"), share("candidate")] })}${lineChart({ ...frame, title: `${name}: evidence of a regression, logarithm`, unit: "", lines: [failing], limit })}`;
  });
  return `${lineChart({ ...frame, title: "Weight", unit: " %", lines: [weight] })}${metrics.join("")}`;
}

function metricNames(looks: readonly unknown[]): readonly string[] {
  const names = looks.flatMap((look) => {
    const metrics = at(look, "metrics");
    return isRecord(metrics) ? Object.keys(metrics) : [];
  });
  return [...new Set(names)];
}
