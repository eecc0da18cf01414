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

  const unchanged = (restartCount: number, generation = 1) =>
    view(
      deployment("web", { generation, revision: "1" }),
      replicaSet("old", "web", "1"),
      pod("old-1", "old", {
        containers: [waiting("CrashLoopBackOff", "", { restartCount, lastState: ended(1) })],
      }),
    );

  test("pods of an unchanged template give no verdict, even when they crash anew", () => {
    expect(doomedAfter(unchanged(7), unchanged(5))).toBeUndefined();
    expect(doomedAfter(unchanged(7, 2), unchanged(5))).toBeUndefined();
  });

  test("a pod that is asked for beyond those of an unchanged template is the deploy's doing", () => {
    const more = pod("old-2", "old", { containers: [waiting("ErrImagePull", notFound)] });
    const scaled = view(
      deployment("web", { generation: 2, revision: "1" }),
      replicaSet("old", "web", "1"),
      pod("old-1", "old", { ready: true }),
      more,
    );
    expect(doomedAfter(scaled)?.text).toMatch(/^Deployment web: pod old-2/);
  });

  test("a ReplicaSet that comes back with an earlier template is judged by its new pods", () => {
    const reused = view(
      deployment("web", { generation: 3, revision: "3" }),
      replicaSet("old", "web", "3"),
      pod("again-1", "old", { containers: [crash] }),
    );
    expect(doomedAfter(reused)?.reason).toBe("crash");
  });

  test("a pod that was there before the deploy is blamed for crashing anew only", () => {
    const seen = (restartCount: number) =>
      view(
        deployment("web", { generation: 3, revision: "3" }),
        replicaSet("old", "web", "3"),
        pod("old-1", "old", {
          containers: [waiting("CrashLoopBackOff", "", { restartCount, lastState: ended(1) })],
        }),
      );
    const stuck = pod("old-1", "old", { containers: [waiting("ErrImagePull", notFound)] });
    const reused = view(
      deployment("web", { generation: 3, revision: "3" }),
      replicaSet("old", "web", "3"),
      stuck,
    );
    expect(doomedAfter(seen(5), unchanged(5))).toBeUndefined();
    expect(doomedAfter(seen(7), unchanged(5))?.reason).toBe("crash");
    expect(doomedAfter(reused)).toBeUndefined();
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
