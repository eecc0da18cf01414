import { describe, expect, test } from "vitest";
import { doomedAfter, notFound, withPods } from "./looks.ts";
import { container, ended, event, waiting } from "./objects.ts";

describe("judgeRollout() dooms by what a new pod shows", () => {
  test.each([
    {
      name: "invalid image name",
      pods: [{ containers: [waiting("InvalidImageName", "couldn't parse")] }],
      reason: "image",
      within: 0,
    },
    {
      name: "image missing",
      pods: [{ containers: [waiting("ErrImagePull", notFound)] }],
      reason: "image",
      within: 0,
    },
    {
      name: "pull denied",
      pods: [{ containers: [waiting("ImagePullBackOff", "Back-off: pull access denied")] }],
      reason: "image",
      within: 0,
    },
    {
      name: "registry busy",
      pods: [{ containers: [waiting("ErrImagePull", "429 Too Many Requests")] }],
      reason: "image",
      within: 150,
    },
    {
      name: "registry down",
      pods: [{ containers: [waiting("ErrImagePull", "dial tcp: lookup r: no such host")] }],
      reason: "image",
      within: 150,
    },
    {
      name: "pull fails for no stated reason",
      pods: [{ containers: [waiting("ImagePullBackOff")] }],
      reason: "image",
      within: 45,
    },
    {
      name: "missing ConfigMap",
      pods: [{ containers: [waiting("CreateContainerConfigError", 'configmap "x" not found')] }],
      reason: "config",
      within: 8,
    },
    {
      name: "cannot run",
      pods: [{ containers: [waiting("RunContainerError", "exec: no such file")] }],
      reason: "container",
      within: 10,
    },
    {
      name: "a program that is not there, on second sight",
      pods: [
        {
          containers: [
            waiting("CrashLoopBackOff", "", {
              restartCount: 1,
              lastState: ended(128, "StartError", 'exec: "/x": stat /x: no such file or directory'),
            }),
          ],
        },
      ],
      reason: "container",
      within: 0,
    },
    {
      name: "a start that fails for other reasons, as on a node in trouble",
      pods: [{ containers: [waiting("CrashLoopBackOff", "", { restartCount: 1, lastState: ended(128) })] }],
      reason: "container",
      within: 30,
    },
    {
      name: "crash loop",
      pods: [{ containers: [waiting("CrashLoopBackOff", "", { restartCount: 1, lastState: ended(1) })] }],
      reason: "crash",
      within: 0,
    },
    {
      name: "two restarts",
      pods: [
        { containers: [container({ running: {} }, { restartCount: 2, lastState: ended(137, "OOMKilled") })] },
      ],
      reason: "crash",
      within: 0,
    },
    {
      name: "a second crash that the kubelet has not yet called a loop",
      pods: [{ containers: [container(ended(1), { restartCount: 1, lastState: ended(1) })] }],
      reason: "crash",
      within: 0,
    },
    {
      name: "init container crashes",
      pods: [
        { init: [waiting("CrashLoopBackOff", "", { name: "init", restartCount: 1, lastState: ended(2) })] },
      ],
      reason: "crash",
      within: 0,
    },
    {
      name: "unschedulable",
      pods: [
        {
          phase: "Pending",
          conditions: [
            { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes" },
          ],
        },
      ],
      reason: "unschedulable",
      within: 180,
    },
  ])("$name", ({ pods, reason, within }) => {
    const doom = doomedAfter(withPods(pods));
    expect(doom?.reason).toBe(reason);
    expect(doom?.second).toBe(within);
    expect(doom?.text).toMatch(/^Deployment web: pod new-1\b/);
  });

  test.each([
    { name: "the first crash", pods: [{ containers: [container(ended(1))] }] },
    {
      name: "one restart that runs",
      pods: [{ containers: [container({ running: {} }, { restartCount: 1, lastState: ended(1) })] }],
    },
    {
      name: "an init container that has done its work in its second life",
      pods: [
        {
          phase: "Pending",
          init: [container(ended(0, "Completed"), { restartCount: 1, lastState: ended(1) })],
        },
      ],
    },
    {
      name: "a cache that is not synced",
      pods: [
        { containers: [waiting("CreateContainerConfigError", "failed to sync configmap cache: timed out")] },
      ],
    },
    {
      name: "a container that is being made",
      pods: [{ phase: "Pending", containers: [waiting("ContainerCreating")] }],
    },
    {
      name: "a pod that runs and is not ready",
      pods: [{ ready: false, containers: [container({ running: {} })] }],
    },
    {
      name: "an evicted pod",
      pods: [
        {
          phase: "Failed",
          reason: "Evicted",
          containers: [waiting("CrashLoopBackOff", "", { restartCount: 3 })],
        },
      ],
    },
    {
      name: "a pod that was preempted",
      pods: [
        {
          phase: "Failed",
          conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }],
          containers: [waiting("CrashLoopBackOff", "", { restartCount: 3 })],
        },
      ],
    },
    {
      name: "a pod that its node had no room for",
      pods: [{ phase: "Failed", reason: "OutOfcpu", containers: [waiting("ErrImagePull", notFound)] }],
    },
    {
      name: "a new pod on its way out",
      pods: [{ terminating: true, containers: [waiting("ErrImagePull", notFound)] }],
    },
  ])("but not by $name", ({ pods }) => {
    expect(doomedAfter(withPods(pods))).toBeUndefined();
  });

  test("remembers why a pull failed from the event, when the container only speaks of back-off", () => {
    const seen = withPods(
      [{ containers: [waiting("ImagePullBackOff", "Back-off pulling image")] }],
      event("pod-new-1", "Failed", `Failed to pull image: ${notFound}`),
    );
    expect(doomedAfter(seen)?.second).toBe(0);
    expect(doomedAfter(seen)?.text).toContain("not found");
  });

  test("sees a volume that names a missing object", () => {
    const seen = withPods(
      [{ containers: [waiting("ContainerCreating")] }],
      event("pod-new-1", "FailedMount", 'MountVolume.SetUp failed: configmap "x" not found'),
    );
    expect(doomedAfter(seen)).toMatchObject({ reason: "config", second: 8 });
  });

  test("tells exit code and OOM", () => {
    const crash = waiting("CrashLoopBackOff", "", { restartCount: 3, lastState: ended(137, "OOMKilled") });
    expect(doomedAfter(withPods([{ containers: [crash] }]))?.text).toBe(
      "Deployment web: pod new-1, container web ended with OOMKilled (exit code 137), restarted 3 times",
    );
  });

  test("names the probe that keeps killing the container", () => {
    const crash = waiting("CrashLoopBackOff", "", { restartCount: 2, lastState: ended(137) });
    const seen = withPods(
      [{ containers: [crash] }],
      event("pod-new-1", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500"),
      event("pod-new-1", "Killing", "Container web failed liveness probe, will be restarted", {
        type: "Normal",
      }),
    );
    expect(doomedAfter(seen)).toMatchObject({
      reason: "crash",
      text: "Deployment web: pod new-1, container web ended with exit code 137, restarted 2 times: killed by its liveness probe (Liveness probe failed: HTTP probe failed with statuscode: 500)",
    });
  });

  test("keeps the end of a long message, where the cause stands", () => {
    const text = `failed to pull: ${"x".repeat(1000)}: 401 Unauthorized`;
    const doom = doomedAfter(withPods([{ containers: [waiting("ErrImagePull", text)] }]));
    expect(doom?.text).toMatch(/ … x+: 401 Unauthorized$/);
  });
});
