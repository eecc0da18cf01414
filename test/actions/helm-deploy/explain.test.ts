import { expect, test } from "vitest";
import { type Ending, explain } from "../../../src/actions/helm-deploy/explain.ts";
import { baselineOf } from "../../../src/domain/rollout/view.ts";
import { deploymentOf, hookOf, manifest } from "../../domain/release/objects.ts";
import { earlier, scope, withPods } from "../../domain/rollout/looks.ts";
import { deployment, pod, replicaSet, view } from "../../domain/rollout/objects.ts";

const ran = { exitCode: 1, stdout: "", stderr: "", timedOut: false, cancelled: false, truncated: false };
const rendered = (...objects: readonly object[]) => ({
  release: "web",
  objects: manifest(deploymentOf("web"), ...objects),
  digest: "",
  images: [],
  values: { files: [], digest: "" },
});

const ending = (change: Partial<Ending> = {}): Ending => ({
  ran,
  description: "",
  rendered: rendered(hookOf("web-migrate", "pre-install,pre-upgrade")),
  scope,
  baseline: baselineOf(earlier),
  view: earlier,
  doom: undefined,
  isLate: false,
  isCancelled: false,
  timeoutMs: 60_000,
  ...change,
});

// helm 4.2.4: descriptions of revisions in `helm history`, stderr of `helm upgrade`
const hookFailed =
  'Upgrade "web" failed: pre-upgrade hooks failed: job web-migrate failed: BackoffLimitExceeded';
const interrupted = 'Upgrade "web" failed: context canceled';
const stuckHook = {
  key: "k",
  reason: "config",
  text: 'hook: pod web-migrate-1 cannot be configured: secret "x" not found',
  graceMs: 0,
} as const;

const job = { kind: "Job", metadata: { name: "web-migrate", uid: "job" }, status: { active: 1 } };
const atHook = view(
  deployment("web", { generation: 1, revision: "1", replicas: 1, ready: 1 }),
  replicaSet("old", "web", "1"),
  pod("old-1", "old", { ready: true }),
  job,
);

test.each([
  {
    name: "a failed hook before the upgrade",
    change: { description: hookFailed },
    reason: "hook",
    isUntouched: true,
  },
  {
    name: "a failed hook after it",
    change: { description: 'Upgrade "web" failed: post-upgrade hooks failed: job x failed' },
    reason: "hook",
    isUntouched: false,
  },
  {
    name: "a hook whose pod cannot start",
    change: { description: interrupted, doom: stuckHook },
    reason: "hook",
    isUntouched: true,
  },
  {
    name: "such a hook that also runs after",
    change: {
      description: interrupted,
      doom: stuckHook,
      rendered: rendered(hookOf("web-migrate", "pre-upgrade,post-upgrade")),
    },
    reason: "hook",
    isUntouched: false,
  },
  {
    name: "such a hook when the workload is changed already",
    change: { description: interrupted, doom: stuckHook, view: withPods([]) },
    reason: "hook",
    isUntouched: false,
  },
  {
    name: "a hook before the upgrade that is still at work when time is over",
    change: { isLate: true, view: atHook },
    reason: "timeout",
    isUntouched: true,
  },
  {
    name: "a cancel during a hook before the upgrade",
    change: { isCancelled: true, view: atHook },
    reason: "cancelled",
    isUntouched: true,
  },
  {
    name: "a crash",
    change: {
      description: interrupted,
      doom: { ...stuckHook, reason: "crash", text: "Deployment web: pod x" } as const,
    },
    reason: "crash",
    isUntouched: false,
  },
  {
    name: "Helm's own timeout",
    change: { ran: { ...ran, stderr: "Error: UPGRADE FAILED: context deadline exceeded" } },
    reason: "timeout",
    isUntouched: false,
  },
  { name: "our budget", change: { isLate: true }, reason: "timeout", isUntouched: false },
  { name: "a cancelled step", change: { isCancelled: true }, reason: "cancelled", isUntouched: false },
  {
    name: "a lock",
    change: {
      ran: {
        ...ran,
        stderr: "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
      },
    },
    reason: "locked",
    isUntouched: false,
  },
  {
    name: "anything else",
    change: { ran: { ...ran, stderr: "Error: UPGRADE FAILED: conflict" } },
    reason: "helm",
    isUntouched: false,
  },
])("explain() knows $name", ({ change, reason, isUntouched }) => {
  expect(explain(ending(change))).toMatchObject({ reason, isUntouched });
});

test("explain() says that the version is live when a hook after the upgrade fails", () => {
  const description = 'Upgrade "web" failed: post-upgrade hooks failed: job web-verify failed';
  expect(explain(ending({ description })).sentence).toBe(
    "The new version is applied and runs, but post-upgrade hooks failed: job web-verify failed",
  );
  const both = { rendered: rendered(hookOf("web-migrate", "post-upgrade")), doom: stuckHook };
  const ready = withPods([{ ready: true }, { ready: true }]);
  expect(explain(ending({ ...both, description: interrupted, view: ready })).sentence).toBe(
    `The new version is applied and runs, but ${stuckHook.text}`,
  );
});

test("explain() names the hook that was at work when time was over", () => {
  expect(explain(ending({ isLate: true, view: atHook })).sentence).toBe(
    "Not ready after 60 s: hook web-migrate has not ended",
  );
});
