import { colourRelease, colours, otherColour, weightFor } from "../../domain/release/colours.ts";
import { type ManifestObject, manifestObjects } from "../../domain/release/manifest.ts";
import { isIdle, type RollbackPlan } from "../../domain/rollback/plan.ts";
import type { Urgency } from "../../domain/rollback/urgency.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import type { ActionResult } from "../../platform/action.ts";
import { unpinReplicas } from "../../platform/replica-pins.ts";
import { parseManifest } from "../../platform/yaml.ts";
import { begin } from "./begin.ts";
import type { Way } from "./check-way.ts";
import type { Checklist } from "./checklist.ts";
import { type Outcome, tellGithub, writeRecord } from "./finish.ts";
import { firstInstall } from "./first-install.ts";
import { growColour } from "./grow-colour.ts";
import { removeCandidate } from "./remove-candidate.ts";
import { undone } from "./report.ts";
import { type Restored, restore } from "./restore.ts";
import type { Story, Task } from "./situation.ts";
import { bringTrafficHome, type TrafficHome } from "./traffic-home.ts";
import { type Proven, verify } from "./verify.ts";

/** What is known before anything is touched. */
export interface Seen {
  readonly task: Task;
  readonly urgency: Urgency;
  readonly checklist: Checklist;
  readonly way?: Way;
}

/** Does what the plan says, in the order that keeps traffic safe, and writes down how far it came. */
export async function act(story: Story, seen: Seen): Promise<ActionResult> {
  const { inputs, parts, journal, context } = story;
  const { task, checklist, way } = seen;
  const { plan, attempt } = task;
  const isFirst = plan.first !== undefined && plan.candidateRelease === undefined;
  const isWork = !isIdle(plan) && !isFirst;
  const target = way?.target.record ?? plan.returned;
  const opened = isWork
    ? await journal.step("write down what begins", () =>
        begin(parts, { inputs, context, plan, attempt, target, way, trafficText: task.trafficText }),
      )
    : undefined;
  const done = isFirst ? await firstInstall(story, plan) : await moveBack(story, seen);
  const isRight = done.isBack && !checklist.hasFailed();
  const seconds = journal.elapsedMs() / 1000;
  const isRemoved = await removeCandidate(parts, journal, { ...task, home: isRight ? done.home : undefined });
  const isDone = isRight && isRemoved;
  if (isDone) await returnPins(story, task);
  const outcome: Outcome = {
    attempt,
    plan,
    open: opened?.value,
    target,
    revision: done.restored?.revision ?? (isRight ? plan.serves : undefined),
    seconds,
    checks: checklist.all(),
    isVerified: isRight && inputs.verify,
    isComplete: isDone,
  };
  const isWorthWriting = !isIdle(plan) || attempt !== undefined;
  const record = isWorthWriting
    ? await journal.step("record", () => writeRecord(parts, { inputs, context, outcome }))
    : undefined;
  await tellGithub(parts, journal, { inputs, context, outcome });
  return undone(story, {
    ...seen,
    isComplete: outcome.isComplete,
    seconds,
    ...(done.home === undefined ? {} : { home: done.home }),
    ...(done.restored === undefined ? {} : { restored: done.restored }),
    ...(done.proven === undefined ? {} : { proven: done.proven }),
    ...(record === undefined ? {} : { record: record.value }),
  });
}

/** What kept autoscalers from shrinking either side while traffic moved is taken back. */
async function returnPins({ parts, journal }: Story, { state }: Task): Promise<void> {
  const pins = state.rollout?.pins ?? [];
  if (pins.length === 0) return;
  const { kubectl, namespace } = parts.cluster;
  await journal.step("give the autoscalers back", async () => {
    await unpinReplicas(kubectl, namespace, pins);
    return { value: true, sentence: pins.map(({ autoscaler }) => autoscaler).join(", ") };
  });
}

/** How far the way back was gone. */
export interface Moved {
  readonly isBack: boolean;
  readonly home?: TrafficHome;
  readonly restored?: Restored;
  readonly proven?: Proven;
}

async function moveBack(story: Story, seen: Seen): Promise<Moved> {
  const { parts, journal, inputs } = story;
  const { task, checklist, way } = seen;
  const { plan } = task;
  if (isIdle(plan)) return { isBack: plan.problems.length === 0 };
  const first = plan.traffic === "first" ? await goHome(story, task) : undefined;
  const restored = plan.target === undefined ? undefined : await goBack(story, task, way);
  const isReady = plan.target === undefined || restored !== undefined;
  const last = plan.traffic === "last" && isReady ? await goHome(story, task) : undefined;
  const home = first ?? last;
  const isHome = plan.traffic === "none" || home !== undefined;
  const moved = {
    isBack: isReady && isHome && plan.problems.length === 0,
    ...(home === undefined ? {} : { home }),
    ...(restored === undefined ? {} : { restored }),
  };
  if (!moved.isBack || journal.stop.aborted) return moved;
  const proven = await verify(parts, journal, {
    checklist,
    serving: {
      objects: way?.objects ?? (await servingObjects(story, plan, checklist)),
      services: servicesOf(plan, task.traffic),
      left: way?.current ?? [],
      home,
      hasTraffic: plan.traffic !== "none",
      verify: inputs.verify,
    },
  });
  return { ...moved, ...(proven === undefined ? {} : { proven }) };
}

async function goHome({ parts, journal }: Story, { plan, traffic, attempt }: Task) {
  if (traffic !== undefined)
    return bringTrafficHome(parts, journal, { traffic, home: plan.home, rollout: attempt?.rollout });
  journal.problems.push('Input "traffic" is required: a canary is in flight and its route is not known');
  return undefined;
}

async function goBack(story: Story, task: Task, way: Way | undefined): Promise<Restored | undefined> {
  const { parts, journal, context } = story;
  if (way === undefined) return undefined;
  const name = `roll back to revision ${way.target.revision}`;
  const say = (line: string) => context.runner.info(line);
  const done = await journal.stepUnlessCancelled(name, () =>
    restore(parts, journal, { way, stop: journal.stop, say }),
  );
  if (done === undefined || task.plan.traffic !== "last" || task.plan.strategy !== "blue-green")
    return done?.value;
  const left = task.plan.candidateRelease;
  const grown = await journal.stepUnlessCancelled("as many pods as serve now", () =>
    growColour(parts, journal, { way, left }),
  );
  return grown === undefined ? undefined : done.value;
}

/** What serves although no release was changed, for the look at its pods. */
async function servingObjects(
  { parts, inputs, journal }: Story,
  plan: RollbackPlan,
  checklist: Checklist,
): Promise<readonly ManifestObject[]> {
  if (!checklist.wants("pods") || plan.serves === undefined) return [];
  const { helm, namespace } = parts.cluster;
  const release = plan.strategy === "blue-green" ? homeRelease(inputs.release, plan) : inputs.release;
  const read = await journal.step("what serves", async () => {
    const manifest = await helm.getManifest(release, namespace, plan.serves);
    return { value: manifestObjects(await parseManifest(manifest)), sentence: `release ${release}` };
  });
  return read?.value ?? [];
}

function homeRelease(release: string, { home }: RollbackPlan): string {
  const colour = colours.find((one) => weightFor(one) === home) ?? otherColour("green");
  return colourRelease(release, colour);
}

/** The Services that must have somebody to answer; none named where the manifest tells. */
function servicesOf({ strategy, home }: RollbackPlan, traffic: Traffic | undefined): readonly string[] {
  if (strategy === "rolling" || traffic === undefined) return [];
  const arm = home === 100 ? traffic.candidate.service : traffic.stable.service;
  return traffic.provider === "service" ? [arm, traffic.route.name] : [arm];
}
