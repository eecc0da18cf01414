import { expect, test } from "vitest";
import type { CanaryPorts } from "../../../src/actions/canary-analyze/watch.ts";
import type { Series } from "../../../src/domain/canary/series.ts";
import { equal, rampIn, rampUntilLost, seconds, text, type World } from "./lost-ramp.ts";
import { simulate } from "./world.ts";

const metrics = `${text}
- name: memory
  gauge: memory_bytes{ {{arm}} }
- name: satisfaction
  query: avg(satisfaction{ {{arm}} })
  pass: "> 4.0"
  failure-limit: 3
`;

/** A value that only its time and version decide, so that it is the same however often it is read. */
function valueAt(selector: string, ms: number): number {
  const isCandidate = selector.includes('track="candidate"');
  return 5 + Math.sin(ms / 7000 + (isCandidate ? 1 : 0)) * 0.9;
}

function withValues(world: World): CanaryPorts["metrics"] {
  const series = (selector: string, times: readonly number[]): readonly Series[] => [
    { labels: { job: "web" }, samples: times.map((ms) => ({ ms, value: valueAt(selector, ms) })) },
  ];
  return {
    ...world.metrics,
    values: async (expression, atMs) => series(expression, [atMs]),
    samples: async (selector, span, signal) => {
      if (!selector.startsWith("memory")) return world.metrics.samples(selector, span, signal);
      const first = Math.ceil(span.startMs / 15_000) * 15_000;
      const count = Math.max(0, Math.floor((span.endMs - first) / 15_000) + 1);
      return series(
        selector,
        Array.from({ length: count }, (_none, index) => first + index * 15_000),
      );
    },
  };
}

test("ramp() over plain values that is lost after any look comes to the same sums, to the last bit", async () => {
  const world = simulate(equal);
  const unbroken = await rampIn(world, { metrics: withValues(world) }, { metrics });
  expect(unbroken.verdict.kind).toBe("pass");
  for (let lostAfter = 1; lostAfter < unbroken.watch.looks.length; lostAfter += 3) {
    const broken = simulate(equal);
    const ports = { metrics: withValues(broken) };
    expect(await rampUntilLost(broken, lostAfter, { ports, told: { metrics } })).toBe("lost");
    await seconds(broken, lostAfter % 15);
    const resumed = await rampIn(broken, ports, { metrics });
    expect(resumed.beginning?.resumed, `after look ${lostAfter}`).toBeDefined();
    expect(resumed.watch.kept(), `after look ${lostAfter}`).toEqual(unbroken.watch.kept());
    expect(resumed.verdict).toEqual(unbroken.verdict);
  }
});
