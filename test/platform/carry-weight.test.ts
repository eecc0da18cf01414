import { expect, test } from "vitest";
import { OutsideError } from "../../src/core/errors.ts";
import { carryWeight, sustainWeight } from "../../src/platform/carry-weight.ts";
import { liveCounts } from "../../src/platform/replicas.ts";
import { standAlone } from "../../src/platform/stand-alone.ts";
import { type Scaled, scaledCluster } from "./scaled-cluster.ts";

const workloads = [{ kind: "Deployment", name: "web" }] as const;
const sides = { stable: { service: "web", release: "web" }, candidate: { service: "next", release: "next" } };

function asking(candidate: Partial<Scaled>, change: { percent?: number; budgetMs?: number } = {}) {
  const cluster = scaledCluster([
    { name: "web", replicas: 6 },
    { name: "next", replicas: 1, ...candidate },
  ]);
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const request = { ...sides, percent: 50, budgetMs: 60_000, clock, say: () => undefined, ...change };
  return { ...cluster, asked: carryWeight(cluster.kubectl, "shop", request) };
}

test("carryWeight() brings the candidate to what its share needs, and pins its autoscaler first", async () => {
  const { asked, did } = asking({ max: 8 });
  await asked;
  expect(did).toEqual(["pin next", "scale next 3"]);
});

test("carryWeight() leaves a candidate alone that is large enough", async () => {
  const { asked, did } = asking({ replicas: 3 });
  await asked;
  expect(did).toEqual([]);
});

test.each([
  {
    name: "a quota, after its grace",
    candidate: { refusal: "exceeded quota: pods" },
    says: "Weight 50 was not set: weight 50 % needs 3 ready pods of the candidate, it has 1: exceeded quota: pods",
    did: ["scale next 3", "scale next 1"],
  },
  {
    name: "pods that do not get ready",
    candidate: { stuck: true } as const,
    says: "it has 0: they did not get ready in 60 s",
    did: ["scale next 3", "scale next 1"],
  },
  {
    name: "an autoscaler that allows fewer",
    candidate: { max: 2 },
    says: "Deployment next needs 3 pods, and autoscaler next allows 2",
    did: [],
  },
])("carryWeight() ends with $name and takes back what it asked for", async ({ candidate, says, did }) => {
  const { asked, did: done } = asking(candidate);
  await expect(asked).rejects.toThrow(says);
  expect(done).toEqual(did);
});

test("sustainWeight() lets the candidate grow with the stable version, and never ends a share", async () => {
  const { kubectl, did, set } = scaledCluster([
    { name: "web", replicas: 6 },
    { name: "next", replicas: 3 },
  ]);
  const said: string[] = [];
  const request = { ...sides, percent: 50, say: (line: string) => said.push(line) };
  await sustainWeight(kubectl, "shop", request);
  expect(did).toEqual([]);
  set("web", 10);
  await sustainWeight(kubectl, "shop", request);
  expect(did).toEqual(["scale next 5"]);
  const blind = { ...kubectl, get: () => Promise.reject(new OutsideError("the server is away")) };
  await sustainWeight(blind, "shop", request);
  expect(said.at(-1)).toBe("Whether the candidate is large enough could not be seen: the server is away");
});

test("standAlone() scales what a manifest has made too small, and gives up in time", async () => {
  const cluster = scaledCluster([
    { name: "web", replicas: 2, max: 8 },
    { name: "next", replicas: 6 },
  ]);
  const now = await liveCounts(cluster.kubectl, "shop", workloads);
  const before = now.map((one) => ({ ...one, wanted: 6 }));
  let time = 0;
  const clock = {
    now: () => time,
    sleep: async (ms: number) => {
      time += ms;
    },
  };
  const request = {
    before,
    candidate: sides.candidate,
    percent: 95,
    budgetMs: 5000,
    clock,
    say: () => undefined,
  };
  await standAlone(cluster.kubectl, "shop", request);
  expect(cluster.did).toEqual(["scale web 6"]);
  cluster.deployment("web").status.readyReplicas = 5;
  await expect(standAlone(cluster.kubectl, "shop", request)).rejects.toThrow(
    "The stable version cannot carry all traffic, so the candidate keeps its share: Deployment web has 5 of 6 ready pods",
  );
  cluster.deployment("web").status = {
    observedGeneration: 1,
    replicas: 7,
    updatedReplicas: 6,
    readyReplicas: 7,
  };
  await expect(standAlone(cluster.kubectl, "shop", request)).rejects.toThrow(
    "and pods of the version before",
  );
});
