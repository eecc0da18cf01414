import { expect, test } from "vitest";
import { pullOutlook } from "../../../src/domain/rollout/image-pull.ts";
import { baselineOf, type RolloutView } from "../../../src/domain/rollout/view.ts";
import { isSettled, newRestarts, waitingFor } from "../../../src/domain/rollout/waiting.ts";
import { earlier, scope, withPods } from "./looks.ts";
import { container, deployment, ended, event, pod, replicaSet, view, waiting } from "./objects.ts";

test.each([
  {
    name: "the probe that fails",
    pods: [{ ready: true }, { ready: false, containers: [container({ running: {} })] }],
    events: [
      event("pod-new-2", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
    ],
    says: "Deployment web has 1 of 2 new pods ready: pod new-2 runs but is not ready: Readiness probe failed: HTTP probe failed with statuscode: 503",
  },
  {
    name: "the readiness gate that is not open",
    pods: [
      {
        ready: true,
      },
      {
        conditions: [
          {
            type: "Ready",
            status: "False",
            reason: "ReadinessGatesNotReady",
            message: 'the status of pod readiness gate "lb" is not "True"',
          },
        ],
        containers: [container({ running: {} })],
      },
    ],
    events: [],
    says: 'Deployment web has 1 of 2 new pods ready: pod new-2 runs but is not ready: the status of pod readiness gate "lb" is not "True"',
  },
  {
    name: "why the pod has no node",
    pods: [
      {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }],
      },
    ],
    events: [],
    says: "Deployment web has 0 of 2 new pods ready: pod new-1 cannot be scheduled: 0/1 nodes are available",
  },
  {
    name: "the container that waits",
    pods: [{ phase: "Pending", containers: [waiting("ContainerCreating")] }],
    events: [],
    says: "Deployment web has 0 of 2 new pods ready: pod new-1 waits in container web: ContainerCreating",
  },
  {
    name: "that there is no pod",
    pods: [],
    events: [],
    says: "Deployment web has 0 of 2 new pods ready",
  },
])("waitingFor() names $name", ({ pods, events, says }) => {
  expect(waitingFor({ view: withPods(pods, ...events), scope, baseline: baselineOf(earlier) })).toEqual([
    says,
  ]);
});

test("waitingFor() has nothing to say when all pods are ready", () => {
  expect(
    waitingFor({ view: withPods([{ ready: true }, { ready: true }]), scope, baseline: baselineOf(earlier) }),
  ).toEqual([]);
});

const baseline = baselineOf(earlier);
const says = (...objects: readonly { readonly kind: string }[]) =>
  waitingFor({ view: view(...objects), scope, baseline });

test("waitingFor() tells a workload that the deploy does not change from one that it does", () => {
  const crash = waiting("CrashLoopBackOff", "", { restartCount: 4, lastState: ended(1) });
  const old = deployment("web", { generation: 1, revision: "1", ready: 1 });
  const seen = says(old, replicaSet("old", "web", "1"), pod("old-1", "old", { containers: [crash] }));
  expect(seen).toEqual([
    "Deployment web, which this deploy does not change, has 0 of 2 newest pods ready: pod old-1 waits in container web: CrashLoopBackOff, ended with exit code 1, restarted 4 times",
  ]);
});

test("waitingFor() names the pod of the version before that does not end", () => {
  const ending = pod("old-1", "old", { terminating: true });
  expect(says(deployment("web", { updated: 0 }), replicaSet("old", "web", "1"), ending)).toEqual([
    "Deployment web has 0 of 2 new pods ready: pod old-1 of the version before has not ended",
  ]);
});

test("waitingFor() names a controller that has not looked yet", () => {
  expect(says(deployment("web", { observed: 1 }))).toEqual([
    "Deployment web has not been looked at by its controller",
  ]);
});

test("waitingFor() names hooks that run, jobs that failed, claims and addresses that are missing", () => {
  const job = (name: string, status: object) => ({ kind: "Job", metadata: { name, uid: name }, status });
  const failed = { type: "Failed", status: "True", reason: "BackoffLimitExceeded", message: "too often" };
  const others = [
    { kind: "PersistentVolumeClaim", metadata: { name: "data", uid: "claim" }, status: { phase: "Pending" } },
    { kind: "PersistentVolumeClaim", metadata: { name: "bound", uid: "b" }, status: { phase: "Bound" } },
    { kind: "PersistentVolumeClaim", metadata: { name: "foreign", uid: "f" }, status: { phase: "Pending" } },
    { kind: "Service", metadata: { name: "front", uid: "front" }, status: { loadBalancer: {} } },
  ];
  const seen = view(
    job("web-migrate", { active: 1 }),
    job("web-check", { conditions: [failed] }),
    job("import", { conditions: [failed] }),
    event("claim", "ProvisioningFailed", "storage class fast not found"),
  );
  const more = {
    hookJobs: ["web-migrate", "web-check"],
    jobs: ["import"],
    claims: ["data", "bound"],
    loadBalancers: ["front"],
  };
  expect(waitingFor({ view: seen, scope: { ...scope, ...more }, baseline, others })).toEqual([
    "hook web-migrate has not ended",
    "hook web-check has failed: BackoffLimitExceeded: too often",
    "Job import has failed: BackoffLimitExceeded: too often",
    "PersistentVolumeClaim data is not bound: storage class fast not found",
    "Service front has no address of a load balancer",
  ]);
});

test("newRestarts() counts what the new pods had since the deploy began", () => {
  const restarted = (restartCount: number) => container({ running: {} }, { restartCount });
  const old = pod("old-1", "old", { ready: true, containers: [restarted(5)] });
  const seen = withPods([{ ready: true, containers: [restarted(2)] }, { ready: true }], old);
  expect(newRestarts({ view: seen, scope, baseline })).toBe(2);
  expect(newRestarts({ view: earlier, scope, baseline })).toBe(0);
});

test("isSettled() wants every pod that is renewed, ready and of the newest template", () => {
  const settled = (seen: RolloutView) => isSettled({ view: seen, scope, baseline });
  expect(settled(withPods([{ ready: true }, { ready: true }]))).toBe(true);
  expect(settled(withPods([{ ready: true }, { ready: false }]))).toBe(false);
  expect(settled(withPods([{ ready: true }, { ready: true, terminating: true }]))).toBe(false);
  expect(settled(view(deployment("web", { observed: 1 })))).toBe(false);
  expect(settled(earlier)).toBe(true);
});

test.each([
  ["failed to resolve reference: not found", "permanent"],
  ["manifest unknown", "permanent"],
  ["pull access denied, repository does not exist or may require authorization", "permanent"],
  ["unexpected status from HEAD request: 401 Unauthorized", "permanent"],
  ["toomanyrequests: You have reached your pull rate limit", "transient"],
  ["unexpected status code 503 Service Unavailable", "transient"],
  ["dial tcp 10.0.0.1:5000: connect: connection refused", "transient"],
  ["net/http: TLS handshake timeout", "transient"],
  ["Back-off pulling image", "unknown"],
])("pullOutlook() of %j is %s", (message, outlook) => {
  expect(pullOutlook(message)).toBe(outlook);
});
