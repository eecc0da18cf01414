import { expect, test } from "vitest";
import { evidenceChart } from "../../../src/domain/canary/evidence-chart.ts";
import type { PastLook } from "../../../src/domain/canary/outlook.ts";
import { errorRate, judge, look } from "./looks.ts";

const startedMs = 1_700_000_000_000;

function looks(count: number, name = "error-rate"): readonly PastLook[] {
  return Array.from({ length: count }, (_, index) => {
    const seen = Array.from({ length: index + 1 }, () => look("5", [1, 60, 0, 540]));
    const judgement = judge({ ...errorRate, name }, seen);
    return { atMs: startedMs + 15_000 * (index + 1), weight: index < 5 ? 5 : 15, judgements: [judgement] };
  });
}

const chart = (shown: readonly PastLook[], title = "canary-analyze of web: fail") =>
  evidenceChart({ title, startedMs, looks: shown, passesAt: Math.log(20) });

/** The pairs of the path of one curve. */
function points(svg: string, curve: string): readonly (readonly number[])[] {
  const [, path = ""] = new RegExp(`class="curve ${curve}" d="([^"]*)"`).exec(svg) ?? [];
  return [...path.matchAll(/[ML](\S+) (\S+?)(?=[ML]|$)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

test("evidenceChart() draws weight, evidence on both sides with its bound, and what both versions did", () => {
  const svg = chart(looks(10));
  for (const curve of ["weight", "against", "for", "candidate", "baseline"])
    expect(svg).toMatch(new RegExp(`class="curve ${curve}" d="M[^"]+"`));
  expect(svg).toContain("decides");
  expect(svg).toContain("10 errors in 600 requests");
  expect(points(svg, "against")).toHaveLength(10);
  const [first, last] = [points(svg, "against").at(0), points(svg, "against").at(-1)];
  // Evidence that grows is drawn upwards, which is toward 0.
  expect(last?.[1]).toBeLessThan(first?.[1] ?? Number.NaN);
});

test("evidenceChart() has no markup that it was given, no script and no address but its own namespace", () => {
  const svg = chart(looks(3, '</text><script>alert(1)</script>" & \u0007'), "<img src=x onerror=y>");
  expect(svg).not.toMatch(/<script|<img/);
  expect(svg).not.toContain("\u0007");
  expect(svg).toContain("&lt;/text&gt;&lt;script&gt;");
  expect(svg.match(/https?:\/\/[^"]*/g)).toEqual(["http://www.w3.org/2000/svg"]);
  expect(svg).not.toMatch(/href|@import|url\(/);
});

test("evidenceChart() can be read in light and in dark", () => {
  const svg = chart(looks(3));
  const [light = "", dark = ""] = svg.split("prefers-color-scheme:dark");
  for (const look of [".paper", "text{fill", ".curve.against", ".curve.baseline", ".curve.weight"]) {
    expect(light).toContain(look);
    expect(dark).toContain(look);
  }
});

test("evidenceChart() breaks a curve where there is no number, and draws no NaN and no infinity", () => {
  const nothing = { ...judge(errorRate, [look("5", [0, 0, 0, 0])]), logPassRatio: Number.POSITIVE_INFINITY };
  const [one, two] = looks(2);
  const between = { atMs: startedMs + 20_000, weight: 5, judgements: [nothing] };
  const svg = chart([one, between, two].filter((each) => each !== undefined));
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(points(svg, "candidate")).toHaveLength(2);
});

test("evidenceChart() stays small for a day of looks", () => {
  const [one] = looks(1);
  const day = Array.from({ length: 5760 }, (_, index) => ({
    ...one,
    atMs: startedMs + 15_000 * index,
    judgements: one?.judgements ?? [],
  }));
  expect(chart(day).length).toBeLessThan(60_000);
});
