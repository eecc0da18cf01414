import { expect, test } from "vitest";
import { type ColourCount, shortages, wantedCounts } from "../../../src/domain/release/colour-counts.ts";
import {
  type ColourMemory,
  judgeColour,
  startColourMemory,
} from "../../../src/domain/release/colour-watch.ts";
import { manifestObjects } from "../../../src/domain/release/manifest.ts";
import { baselineOf, type RolloutView } from "../../../src/domain/rollout/view.ts";
import { type WorkloadFacts, workloadFacts } from "../../../src/domain/rollout/workload.ts";

function live(name: string, ready: number, wanted = ready): WorkloadFacts {
  return workloadFacts("Deployment", {
    metadata: { name, uid: name, generation: 1 },
    spec: { replicas: wanted },
    status: { observedGeneration: 1, readyReplicas: ready },
  });
}

function side(release: string, ...names: readonly string[]) {
  const objects = names.map((name) => ({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name } }));
  return { release, objects: manifestObjects(objects) };
}

const green = side("web-green", "web-green", "web-green-api");
const blue = side("web-blue", "web-blue", "web-blue-api");

test("wantedCounts() takes what each counterpart has ready, and never fewer than the chart says", () => {
  const seen = [
    live("web-green", 2),
    live("web-green-api", 0, 4),
    live("web-blue", 5, 6),
    live("web-blue-api", 3),
  ];
  expect(wantedCounts(green, blue, seen)).toEqual([
    { kind: "Deployment", name: "web-green", replicas: 5 },
    { kind: "Deployment", name: "web-green-api", replicas: 4 },
  ]);
});

test("wantedCounts() pairs the only workload of a kind whatever its name, and leaves a new one its own number", () => {
  const seen = [live("front", 1), live("old", 7)];
  expect(wantedCounts(side("web-green", "front"), side("web-blue", "old"), seen)[0]?.replicas).toBe(7);
  expect(wantedCounts(side("web-green", "front"), undefined, seen)[0]?.replicas).toBe(1);
});

test("shortages() tells a workload without any pod from one that is not seen at the moment", () => {
  const counts: readonly ColourCount[] = [{ kind: "Deployment", name: "web-green", replicas: 2 }];
  expect(shortages(counts, [live("web-green", 2)])).toEqual([]);
  expect(shortages(counts, [live("web-green", 0, 2)])).toEqual([
    { text: "Deployment web-green has 0 of 2 pods ready", isEmpty: true },
  ]);
  expect(shortages(counts, [])[0]?.isEmpty).toBe(false);
});

const counts: readonly ColourCount[] = [{ kind: "Deployment", name: "web-green", replicas: 4 }];
const empty: RolloutView = {
  workloads: [],
  replicaSets: [],
  controllerRevisions: [],
  pods: [],
  jobs: [],
  events: [],
};

function look(
  ready: number,
  seconds: number,
  isServing: boolean,
  memory: ColourMemory = startColourMemory(0),
) {
  return judgeColour(memory, {
    look: {
      view: { ...empty, workloads: [live("web-green", ready, 4)] },
      scope: { workloads: [{ kind: "Deployment", name: "web-green" }], hookJobs: [] },
      baseline: baselineOf(empty),
      graces: { unschedulableMs: 180_000, quotaMs: 30_000, pullMs: 150_000 },
      now: seconds * 1000,
    },
    counts,
    isServing,
  });
}

test("judgeColour() calls a colour complete with all its pods, and short while it begins", () => {
  expect(look(4, 0, false).verdict.kind).toBe("complete");
  const first = look(0, 0, false);
  expect(first.verdict).toEqual({ kind: "short", text: "Deployment web-green has 0 of 4 pods ready" });
  expect(look(1, 600, false, first.memory).verdict.kind).toBe("short");
});

test("judgeColour() bears one missing pod of a serving colour for a while, and none at all for a moment", () => {
  const short = look(3, 0, true);
  expect(short.verdict.kind).toBe("short");
  expect(look(3, 14, true, short.memory).verdict.kind).toBe("short");
  expect(look(3, 15, true, short.memory).verdict).toEqual({
    kind: "failed",
    text: "Deployment web-green has 3 of 4 pods ready",
  });
  const gone = look(0, 0, true);
  expect(gone.verdict.kind).toBe("short");
  expect(look(0, 2, true, gone.memory).verdict.kind).toBe("failed");
});

test("judgeColour() forgets a shortage that is over", () => {
  const short = look(3, 0, true);
  const back = look(4, 10, true, short.memory);
  expect(look(3, 20, true, back.memory).verdict.kind).toBe("short");
});
