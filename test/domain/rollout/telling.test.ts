import { expect, test } from "vitest";
import {
  conditionRows,
  tellingEvents,
  tellingLine,
  tellingLogs,
  tellingPod,
} from "../../../src/domain/rollout/telling-pod.ts";
import { templateDiff } from "../../../src/domain/rollout/template-diff.ts";
import { baselineOf, type RolloutView } from "../../../src/domain/rollout/view.ts";
import { manifest } from "../release/objects.ts";
import { earlier, scope, withPods } from "./looks.ts";
import { container, deployment, ended, event, pod, view, waiting } from "./objects.ts";

const failed = (seen: RolloutView) => ({
  reason: "timeout" as const,
  view: seen,
  scope,
  baseline: baselineOf(earlier),
});
const crash = waiting("CrashLoopBackOff", "", { restartCount: 1, lastState: ended(1) });

test("tellingPod() takes the first that failed, else the first that is not ready, never an old one", () => {
  const late = { ready: false, containers: [container({ running: {} })] };
  const of = (seen: RolloutView) => tellingPod(failed(seen))?.name;
  expect(of(withPods([{ ready: true }, late, { containers: [crash] }]))).toBe("new-3");
  expect(of(withPods([{ ready: true }, late]))).toBe("new-2");
  expect(of(withPods([{ ready: true }], pod("old-2", "old", { containers: [crash] })))).toBeUndefined();
});

test("tellingPod() takes the pod that the verdict names, and a hook's for a hook", () => {
  const signal = { key: "k", reason: "crash", text: "", graceMs: 0, pod: "new-2" } as const;
  const owner = { kind: "Job", name: "web-migrate", uid: "job" };
  const hook = pod("migrate-1", "", { owner, phase: "Failed", containers: [container(ended(1))] });
  const seen = withPods([{ containers: [crash] }, { containers: [crash] }], hook);
  expect(tellingPod({ ...failed(seen), signal })?.name).toBe("new-2");
  expect(tellingPod({ ...failed(seen), reason: "hook" })?.name).toBe("migrate-1");
});

test("tellingLogs() asks for the life before of what waits, and for nothing of what never ran", () => {
  const seen = withPods([
    { init: [{ ...container(ended(2)), name: "init" }], containers: [crash] },
    { containers: [waiting("ContainerCreating")] },
  ]);
  const [first, second] = seen.pods.filter(({ name }) => name.startsWith("new"));
  expect(first && tellingLogs(first, undefined)).toEqual([
    { container: "init", previous: false },
    { container: "web", previous: true },
  ]);
  expect(second && tellingLogs(second, undefined)).toEqual([]);
  const signal = { key: "k", reason: "crash", text: "", graceMs: 0, container: "web" } as const;
  const crashed = (state: object) =>
    withPods([{ containers: [container(state, { restartCount: 2, lastState: ended(1) })] }]).pods[1];
  const [running, over] = [crashed({ running: {} }), crashed(ended(1))];
  expect(running && tellingLogs(running, signal)).toEqual([{ container: "web", previous: true }]);
  expect(over && tellingLogs(over, signal)).toEqual([{ container: "web", previous: false }]);
  expect(first && tellingLogs({ ...first, node: "" }, undefined)).toEqual([]);
});

test("tellingLine() passes by what a runtime says after the error", () => {
  expect(tellingLine(["starting", "Error: no database", "    at main", "", "Node.js v24"])).toBe(
    "Error: no database",
  );
  expect(tellingLine(["bye"])).toBe("bye");
});

test("tellingEvents() come from the workload to the pod, alarms only, of this deploy", () => {
  const alarm = (uid: string, reason: string) => event(uid, reason, "m");
  const old = event("deployment-web", "Old", "m", { second: 1 });
  const seen = withPods(
    [{ containers: [crash] }],
    alarm("pod-new-1", "BackOff"),
    alarm("set-new", "FailedCreate"),
    alarm("pod-old-1", "Unhealthy"),
    event("pod-new-1", "Scheduled", "m", { type: "Normal" }),
    event("pod-new-1", "Killing", "m", { type: "Normal" }),
    old,
  );
  const baseline = baselineOf(view(deployment("web"), old));
  const one = tellingPod(failed(seen));
  expect(tellingEvents({ ...failed(seen), baseline }, one)).toEqual([
    "Pod set-new: FailedCreate: m",
    "Pod pod-new-1: BackOff: m",
    "Pod pod-new-1: Killing: m",
  ]);
});

test("conditionRows() of workload and pod", () => {
  const seen = withPods([{ ready: false }]);
  expect(conditionRows(failed(seen), tellingPod(failed(seen)))).toEqual([
    ["Pod new-1", "Ready", "False", ""],
  ]);
});

test("templateDiff() shows what changed in pod templates, with what sounds secret hidden", () => {
  const web = (image: string, password: string, replicas: number) =>
    manifest({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        replicas,
        template: {
          spec: {
            containers: [
              {
                name: "web",
                image,
                args: [`--api-token=${password}`],
                env: [{ name: "DB_PASSWORD", value: password }],
              },
            ],
          },
        },
      },
    });
  const hide = (text: string) => `hidden ${text.length}`;
  expect(templateDiff(web("a", "one", 1), web("b", "other", 2), hide)).toEqual([
    "Deployment web",
    "-   template.spec.containers[web].image: a",
    "+   template.spec.containers[web].image: b",
    "-   template.spec.containers[web].args[0]: --api-token=(hidden)",
    "+   template.spec.containers[web].args[0]: --api-token=(hidden)",
    "-   template.spec.containers[web].env[DB_PASSWORD].value: hidden 3",
    "+   template.spec.containers[web].env[DB_PASSWORD].value: hidden 5",
  ]);
  expect(templateDiff(web("a", "one", 1), web("a", "one", 2), hide)).toEqual([]);
});
