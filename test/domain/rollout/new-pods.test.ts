import { describe, expect, test } from "vitest";
import { doomedAfter, notFound, withPods } from "./looks.ts";
import { deployment, ended, pod, replicaSet, view, waiting } from "./objects.ts";

describe("judgeRollout() knows which pods are new", () => {
  const crash = waiting("CrashLoopBackOff", "", { restartCount: 5, lastState: ended(1) });

  test("old pods that crash are not blamed on the new version", () => {
    const crashing = pod("old-1", "old", { containers: [crash] });
    const seen = view(
      deployment("web"),
      replicaSet("old", "web", "1"),
      replicaSet("new", "web", "2"),
      crashing,
      pod("new-1", "new", { ready: true }),
    );
    expect(doomedAfter(seen)).toBeUndefined();
  });

  test("a controller that has not seen the change yet says nothing", () => {
    const seen = view(
      deployment("web", { generation: 2, observed: 1, revision: "1" }),
      replicaSet("old", "web", "1"),
      pod("old-1", "old", { containers: [waiting("ErrImagePull", notFound)] }),
    );
    expect(doomedAfter(seen)).toBeUndefined();
  });

  test("an unchanged workload's pods are blamed only for crashing anew", () => {
    const old = (restartCount: number) =>
      view(
        deployment("web", { generation: 1, revision: "1" }),
        replicaSet("old", "web", "1"),
        pod("old-1", "old", {
          containers: [waiting("CrashLoopBackOff", "", { restartCount, lastState: ended(1) })],
        }),
      );
    expect(doomedAfter(old(5), old(5))).toBeUndefined();
    expect(doomedAfter(old(7), old(5))?.reason).toBe("crash");
  });

  test("while a hook works, crashes of the old pods are expected", () => {
    const old = (restartCount: number, ...more: readonly { readonly kind: string }[]) =>
      view(
        deployment("web", { generation: 1, revision: "1" }),
        replicaSet("old", "web", "1"),
        pod("old-1", "old", {
          containers: [waiting("CrashLoopBackOff", "", { restartCount, lastState: ended(1) })],
        }),
        ...more,
      );
    const job = { kind: "Job", metadata: { name: "web-migrate", uid: "job" }, status: { active: 1 } };
    expect(doomedAfter(old(7, job), old(5))).toBeUndefined();
  });

  test("a ReplicaSet that comes back with an earlier template is judged by its new pods", () => {
    const reused = view(
      deployment("web", { generation: 3, revision: "3" }),
      replicaSet("old", "web", "3"),
      pod("again-1", "old", { containers: [crash] }),
    );
    expect(doomedAfter(reused)?.reason).toBe("crash");
  });

  test("pods of another Deployment are nobody's business here", () => {
    const other = [
      deployment("other"),
      replicaSet("other", "other", "2"),
      pod("other-1", "other", { containers: [crash] }),
    ];
    expect(doomedAfter(withPods([{ ready: true }], ...other))).toBeUndefined();
  });

  test("one unlucky pod among ready ones dooms only when nothing comes forward", () => {
    const doom = doomedAfter(
      withPods([{ ready: true }, { containers: [waiting("ErrImagePull", notFound)] }]),
    );
    expect(doom?.second).toBe(30);
  });
});
