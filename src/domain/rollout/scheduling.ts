import type { EventFacts, PodFacts } from "./objects.ts";
import { oneLine } from "./one-line.ts";
import type { Signal } from "./signal.ts";

const second = 1000;
// A claim of the same release is made before the pods that name it.
const missingClaimGraceMs = 8 * second;
// Long enough for an autoscaler to answer: it looks about every ten seconds.
const noMatchGraceMs = 30 * second;

/** What speaks against a pod that has no node. A claim that is not bound yet is waited for until time is over. */
export function schedulingSignal(
  pod: PodFacts,
  events: readonly EventFacts[],
  unschedulableMs: number,
): Signal | undefined {
  const stuck = pod.conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (stuck?.reason !== "Unschedulable") return undefined;
  const said = oneLine(stuck.message);
  const about = { pod: pod.name, text: `pod ${pod.name} cannot be scheduled: ${said}` };
  if (/persistentvolumeclaim "[^"]*" not found/.test(stuck.message))
    return { key: `${pod.uid}/claim`, reason: "config", graceMs: missingClaimGraceMs, ...about };
  if (/unbound immediate PersistentVolumeClaims/.test(stuck.message)) return undefined;
  const scaleUp = events.findLast(isScaleUp);
  // Each time a node is on its way, the patience begins anew.
  const key = `${pod.uid}/unschedulable/${scaleUp?.at ?? ""}`;
  const hopeless = scaleUp === undefined && fitsNoNode(stuck.message);
  const isDeclined = events.some(({ reason }) => reason === "NotTriggerScaleUp");
  const graceMs = hopeless ? Math.min(unschedulableMs, isDeclined ? 0 : noMatchGraceMs) : unschedulableMs;
  return { key, reason: "unschedulable", graceMs, ...about };
}

// The cluster autoscaler's word, and Karpenter's.
function isScaleUp({ reason }: EventFacts): boolean {
  return reason === "TriggeredScaleUp" || reason === "Nominated";
}

/** Whether every node is ruled out by what the pod asks for, rather than by lack of room or by a passing state. */
export function fitsNoNode(message: string): boolean {
  const parsed = /^0\/(\d+) nodes are available: (.*)$/.exec(message);
  if (parsed === null) return false;
  const [, total = "", why = ""] = parsed;
  const mismatches = [
    /(\d+) node\(s\) didn't match Pod's node affinity\/selector/g,
    /(\d+) node\(s\) had volume node affinity conflict/g,
    // Taints of the node controller come and go with the node's health.
    /(\d+) node\(s\) had untolerated taint(?:\(s\))? \{(?!node\.kubernetes\.io\/)/g,
  ];
  const [reasons = ""] = why.split(/\.? preemption: /);
  const ruledOut = mismatches
    .flatMap((pattern) => [...reasons.matchAll(pattern)])
    .reduce((sum, [, count]) => sum + Number(count), 0);
  return Number(total) > 0 && ruledOut >= Number(total);
}
