import { expect, test } from "vitest";
import { pullOutlook } from "../../../src/domain/rollout/image-pull.ts";
import { baselineOf } from "../../../src/domain/rollout/view.ts";
import { waitingFor } from "../../../src/domain/rollout/waiting.ts";
import { earlier, scope, withPods } from "./looks.ts";
import { container, event, waiting } from "./objects.ts";

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
