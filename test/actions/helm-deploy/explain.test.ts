import { expect, test } from "vitest";
import { type Ending, explain } from "../../../src/actions/helm-deploy/explain.ts";
import { baselineOf } from "../../../src/domain/rollout/view.ts";
import { deploymentOf, hookOf, manifest } from "../../domain/release/objects.ts";
import { earlier, scope, withPods } from "../../domain/rollout/looks.ts";

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
