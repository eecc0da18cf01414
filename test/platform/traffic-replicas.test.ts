import { expect, test } from "vitest";
import { at, numberAt } from "../../src/core/json.ts";
import type { ReplicasTraffic } from "../../src/domain/traffic/traffic.ts";
import { trafficSwitch } from "../../src/platform/traffic.ts";
import { type Behaviour, type Given, serviceWith, slice, trafficObjects } from "./traffic-objects.ts";

const traffic: ReplicasTraffic = {
  provider: "replicas",
  route: { kind: "Service", name: "web" },
  stable: { service: "web-stable" },
  candidate: { service: "web-candidate" },
};

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** Deployments and their pods: what is scaled is ready at once, and behind the front too. */
const controllers: Behaviour["controllers"] = (objects) => {
  const ready = (name: string) =>
    named(name, numberAt(objects.find("deployments", name), "spec", "replicas") ?? 0);
  objects.put(slice("web-candidate", ready("web-candidate")));
  objects.put(slice("web", [...ready("web-stable"), ...ready("web-candidate")]));
};

const deployment = (name: string, replicas: number, labels: object): Given => ({
  kind: "Deployment",
  metadata: { name },
  spec: { replicas, template: { metadata: { labels } } },
});

const stable = (replicas: number) => deployment("web-stable", replicas, { app: "web", track: "stable" });
const candidate = (replicas: number, app = "web") =>
  deployment("web-candidate", replicas, { app, track: "candidate" });

function world(given: readonly Given[], behaviour: Behaviour = { controllers }) {
  return trafficObjects(
    [
      ...serviceWith("web", [], { app: "web" }),
      ...serviceWith("web-stable", [], { track: "stable" }),
      ...serviceWith("web-candidate", [], { track: "candidate" }),
      ...given,
    ],
    behaviour,
  );
}

test("a share by pods is the count that is nearest, and what it really is", async () => {
  const { cluster, commands } = world([stable(10), candidate(0)]);
  const weight = trafficSwitch(cluster, traffic, "shop");
  expect(await weight.readWeight()).toBe(0);
  const set = await weight.setWeight(15);
  expect(set.percent).toBeCloseTo(16.67);
  expect(set.sentence).toContain("2 of 12 ready pods, nearest to the 15 % asked for");
  expect(commands).toEqual(["scale deployments/web-candidate -n shop --replicas=2 --current-replicas=0"]);
  expect(await weight.readWeight()).toBeCloseTo(16.67);
  expect((await weight.setWeight(0)).percent).toBe(0);
});

test("a share follows the stable version when its autoscaler moves it", async () => {
  const { cluster, objects } = world([stable(4), candidate(0)]);
  const weight = trafficSwitch(cluster, traffic, "shop");
  await weight.setWeight(20);
  objects.put(stable(8));
  expect(await weight.readWeight()).toBeCloseTo(11.1, 1);
  await weight.setWeight(20);
  expect(at(objects.find("deployments", "web-candidate"), "spec", "replicas")).toBe(2);
});

test.each([
  {
    name: "a share that so few pods cannot express",
    given: [stable(4), candidate(0)],
    percent: 1,
    says: "cannot give web-candidate 1 % beside 4 pods: possible are 20",
  },
  {
    name: "everything",
    given: [stable(4), candidate(0)],
    percent: 100,
    says: "the stable version's pods stay",
  },
  {
    name: "a part of a percent",
    given: [stable(4), candidate(0)],
    percent: 0.5,
    says: "Weight must be a whole",
  },
  {
    name: "a candidate without pods to scale",
    given: [stable(4)],
    percent: 20,
    says: "no Deployment or StatefulSet has the pods of Service web-candidate",
  },
  {
    name: "pods that the front does not select",
    given: [stable(4), candidate(0, "other")],
    percent: 20,
    says: "Service web does not select the pods of Deployment web-candidate: they get no share",
  },
  {
    name: "a candidate that an autoscaler scales",
    given: [
      stable(4),
      candidate(0),
      {
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "web-candidate" },
        spec: { scaleTargetRef: { kind: "Deployment", name: "web-candidate" } },
      },
    ],
    percent: 20,
    says: "HorizontalPodAutoscaler web-candidate sets the pods of Deployment web-candidate",
  },
])("setWeight() by pods refuses $name before it changes anything", async ({ given, percent, says }) => {
  const { cluster, commands } = world(given);
  await expect(trafficSwitch(cluster, traffic, "shop").setWeight(percent)).rejects.toThrow(says);
  expect(commands).toEqual([]);
});

test("setWeight() by pods says what was not ready in time", async () => {
  const { cluster } = world([stable(4), candidate(0), slice("web", named("s", 4))], {});
  const setting = trafficSwitch(cluster, traffic, "shop").setWeight(20, { budgetMs: 300 });
  await expect(setting).rejects.toThrow("Service web was to have 1 ready pod of web-candidate and has 0");
});

test("setWeight() 0 has nothing to do for a candidate that is not installed", async () => {
  const { cluster, objects, commands } = world([stable(4)]);
  objects.remove("services", "web-candidate");
  expect((await trafficSwitch(cluster, traffic, "shop").setWeight(0)).percent).toBe(0);
  expect(commands).toEqual([]);
});

test("problems() by pods checks every step against live counts", async () => {
  const { cluster } = world([stable(4), candidate(0)]);
  const weight = trafficSwitch(cluster, traffic, "shop");
  expect(await weight.problems()).toEqual([]);
  expect(await weight.problems(20, 33)).toEqual([]);
  expect(await weight.problems(5, 20, 22)).toHaveLength(2);
});
