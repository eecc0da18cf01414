import assert from "node:assert/strict";
import { administer } from "../../../../src/rehearsal/production-route.ts";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import {
  grantControllers,
  type Helm,
  helm3,
  helm4,
  install,
  mustBeRed,
  mustExplainFirst,
  mustServe,
  playFault,
  playFaults,
} from "./fault-play.ts";
import { admissionFaults, type Fault, inputsOf, narrowButEnough, podFaults } from "./faults.ts";

const podSecurity: Fault = {
  name: "pod-security",
  values: () => ({}),
  reason: "denied",
  says: /^Deployment web cannot make pods: .*violates PodSecurity/,
};

async function playPodSecurity(stand: Stand, helm: Helm): Promise<void> {
  await install(stand, helm);
  const label = "pod-security.kubernetes.io/enforce";
  await administer(stand.world, ["label", "namespace", stand.namespace, `${label}=restricted`]);
  await playFault(stand, helm, podSecurity);
}

/** A controller of another kind: its pods are replaced one by one, and the ones before come back. */
async function playControlled(stand: Stand, helm: Helm, kind: "StatefulSet" | "DaemonSet"): Promise<void> {
  await grantControllers(stand);
  const more = { kind, replicas: 1, terminationGracePeriodSeconds: 1 };
  await install(stand, helm, JSON.stringify(more));
  stand.nextRun();
  const fault: Fault = {
    name: kind,
    values: () => ({ faults: { exitAtStart: "3" } }),
    reason: "crash",
    says: new RegExp(
      `^${kind} web: pod web-\\S+, container web ended with exit code 3, restarted .*: version 2 cannot start`,
    ),
  };
  const run = await helm.run(stand, {
    ...inputsOf(fault, await stand.image("2"), more),
    "on-failure": "keep",
  });
  console.log(`  ${kind}${helm.suffix}: ${run.seconds.toFixed(1)} s, ${run.reasons.join("; ")}`);
  mustBeRed(run, fault);
  const statuses = (await stand.history()).map(({ status }) => status);
  // With one pod that may be unavailable Helm is content before the new pod is there, if it is not interrupted first.
  const isContent = kind === "DaemonSet" && statuses.at(-1) === "deployed";
  assert.deepEqual(statuses, isContent ? ["superseded", "deployed"] : ["deployed", "failed"]);
}

const timeout = "180s";

async function playHooks(stand: Stand, helm: Helm): Promise<void> {
  await install(stand, helm);
  stand.nextRun();
  const image = await stand.image("2");
  const before = await helm.run(stand, { image, version: "2", timeout, set: "{hooks: {preUpgrade: fail}}" });
  mustBeRed(before, {
    name: "hook before",
    reason: "hook",
    says: /pre-upgrade hooks failed.*web-preupgrade.*: the hook has failed$/s,
  });
  assert.ok(!before.log.includes("Rolling web back"), "a failed hook before the upgrade has changed nothing");
  const [record] = (await stand.records()).records;
  assert.deepEqual(
    { status: record?.status, untouched: record?.untouched },
    { status: "bad", untouched: true },
  );
  assert.deepEqual(
    (await stand.history()).map(({ status }) => status),
    ["deployed", "failed"],
  );
  assert.deepEqual(new Set((await stand.answers(10, "web")).map((one) => one?.version)), new Set(["1"]));
  stand.nextRun();
  const set = "{hooks: {postUpgrade: fail}}";
  const after = await helm.run(stand, { image, version: "2", timeout, set, "on-failure": "keep" });
  mustBeRed(after, {
    name: "hook after",
    reason: "hook",
    says: /^The new version is applied and runs, but post-upgrade hooks failed.*: the hook has failed$/s,
  });
  assert.deepEqual(new Set((await stand.answers(10, "web")).map((one) => one?.version)), new Set(["2"]));
}

/** Pods that crash already, of a template that the deploy does not change, are not its doing. */
async function playOldCrash(stand: Stand): Promise<void> {
  await install(stand, helm4, "{replicas: 1}");
  stand.nextRun();
  const crash = "{replicas: 1, faults: {exitAtStart: 3}}";
  const image = await stand.image("1");
  const bad = await stand.run("helm-deploy", {
    image,
    version: "1",
    timeout,
    set: crash,
    "on-failure": "keep",
  });
  assert.equal(bad.outputs["failure-reason"], "crash");
  stand.nextRun();
  const set = "{replicas: 1, faults: {exitAtStart: 3}, disruptionBudget: {enabled: true}}";
  const run = await stand.run("helm-deploy", { image, version: "1", set, timeout: "45s" });
  assert.equal(run.outputs["failure-reason"], "timeout", run.reasons.join("; "));
  assert.match(
    run.reasons[0] ?? "",
    /Deployment web, which this deploy does not change, has 0 of 1 newest pods ready: pod web-/,
  );
}

/** With one pod that may be unavailable, Helm calls a release ready of which nothing runs. */
async function playUnavailable(stand: Stand): Promise<void> {
  const more = { replicas: 1, strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } };
  await install(stand, helm4, JSON.stringify(more));
  stand.nextRun();
  const [fault] = podFaults.filter(({ name }) => name === "crash-at-start");
  assert.ok(fault !== undefined);
  const run = await stand.run("helm-deploy", inputsOf(fault, await stand.image("2"), more));
  mustBeRed(run, fault);
  mustExplainFirst(run, fault.name);
  await mustServe(stand, fault.name);
}

async function playPaused(stand: Stand): Promise<void> {
  await install(stand, helm4);
  stand.nextRun();
  await stand.kubectl("rollout", "pause", "deployment/web");
  const run = await stand.run("helm-deploy", { image: await stand.image("2"), version: "2", timeout });
  mustBeRed(run, { name: "paused", reason: "paused", says: /^Deployment web is paused/ });
}

async function playNarrow(stand: Stand): Promise<void> {
  const { values, quota } = narrowButEnough;
  await install(stand, helm4, JSON.stringify(values));
  stand.nextRun();
  await stand.apply(quota(stand.namespace));
  const set = JSON.stringify({ ...values, version: "2" });
  await stand.mustPass("helm-deploy", { image: await stand.image("2"), version: "2", timeout, set });
}

function catalogue(helm: Helm): readonly DeliveryCase[] {
  const isShort = false;
  const one = (name: string, run: DeliveryCase["run"]): DeliveryCase => ({
    name: `fail-fast-${name}${helm.suffix}`,
    isShort,
    run,
  });
  const half = Math.ceil(podFaults.length / 2);
  return [
    one("pods", (stand) => playFaults(stand, helm, podFaults.slice(0, half))),
    one("more-pods", (stand) => playFaults(stand, helm, podFaults.slice(half))),
    one("admission", (stand) => playFaults(stand, helm, admissionFaults)),
    one("pod-security", (stand) => playPodSecurity(stand, helm)),
    one("statefulset", (stand) => playControlled(stand, helm, "StatefulSet")),
    one("daemonset", (stand) => playControlled(stand, helm, "DaemonSet")),
    one("hooks", (stand) => playHooks(stand, helm)),
  ];
}

const image = podFaults.filter(({ name }) => name === "image-missing");

/** A version that cannot come up is refused within seconds, explained, and taken back: krane's catalogue and more. */
export const failFastCases: readonly DeliveryCase[] = [
  { name: "fail-fast-image", isShort: true, run: (stand) => playFaults(stand, helm4, image) },
  ...catalogue(helm4),
  ...catalogue(helm3),
  { name: "fail-fast-old-crash", isShort: false, run: playOldCrash },
  { name: "fail-fast-unavailable", isShort: false, run: playUnavailable },
  { name: "fail-fast-narrow", isShort: false, run: playNarrow },
  { name: "fail-fast-paused", isShort: false, run: playPaused },
];
