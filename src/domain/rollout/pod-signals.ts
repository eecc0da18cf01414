import { pullOutlook } from "./image-pull.ts";
import type { ContainerFacts, EventFacts, PodFacts } from "./objects.ts";
import type { FailureReason, Signal } from "./signal.ts";

const second = 1000;
const grace = {
  transientPull: 150 * second,
  unknownPull: 45 * second,
  lateConfig: 4 * second,
  cannotRun: 10 * second,
  unschedulable: 180 * second,
} as const;

const crashesThatDoom = 2;

interface Looked {
  readonly pod: PodFacts;
  /** Events about this pod. */
  readonly events: readonly EventFacts[];
  /** Restarts a container had before the deploy began. */
  readonly restartsBefore: (container: string) => number;
}

/** What speaks against a pod of the new version. At most one signal per container, init containers included. */
export function podSignals(looked: Looked): readonly Signal[] {
  const { pod } = looked;
  const stuck = pod.conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (stuck?.reason === "Unschedulable") {
    const text = `pod ${pod.name} cannot be scheduled: ${oneLine(stuck.message)}`;
    return [
      {
        key: `${pod.uid}/unschedulable`,
        reason: "unschedulable",
        text,
        graceMs: grace.unschedulable,
        pod: pod.name,
      },
    ];
  }
  return pod.containers.flatMap((container) => containerSignal(container, looked) ?? []);
}

function containerSignal(container: ContainerFacts, looked: Looked): Signal | undefined {
  const waiting = container.waiting;
  if (waiting === undefined) return crashSignal(container, looked);
  switch (waiting.reason) {
    case "InvalidImageName":
    case "ErrImageNeverPull":
      return signal("image", { container, looked, said: waiting.message || waiting.reason, graceMs: 0 });
    case "ErrImagePull":
    case "ImagePullBackOff":
    case "ErrRegistryUnavailable":
      return pullSignal(container, looked, waiting.message);
    case "CreateContainerConfigError":
      return configSignal(container, looked, waiting.message);
    case "CreateContainerError":
    case "RunContainerError":
    case "PreStartHookError":
    case "PostStartHookError":
      return signal("container", { container, looked, said: waiting.message, graceMs: grace.cannotRun });
    case "ContainerCreating":
    case "PodInitializing":
      return mountSignal(container, looked);
  }
  return crashSignal(container, looked);
}

// The reason of a failed pull stands in the first message only; later ones speak of back-off. Events keep it.
function pullSignal(container: ContainerFacts, looked: Looked, message: string): Signal {
  const said = looked.events
    .filter(({ reason, message: text }) => reason === "Failed" && /pull/i.test(text))
    .map(({ message: text }) => text);
  const texts = [message, ...said];
  const telling = texts.find((text) => pullOutlook(text) !== "unknown") ?? message;
  const outlook = pullOutlook(telling);
  const graceMs = { permanent: 0, transient: grace.transientPull, unknown: grace.unknownPull }[outlook];
  return signal("image", { container, looked, said: telling, graceMs });
}

function configSignal(container: ContainerFacts, looked: Looked, message: string): Signal | undefined {
  // The kubelet has not read the object yet; it is no statement about the object.
  if (/failed to sync \w+ cache/.test(message)) return undefined;
  return signal("config", { container, looked, said: message, graceMs: grace.lateConfig });
}

function mountSignal(container: ContainerFacts, looked: Looked): Signal | undefined {
  const missing = looked.events.find(
    ({ reason, message }) =>
      reason === "FailedMount" && /not found|references non-existent|couldn't find key/.test(message),
  );
  if (missing === undefined) return undefined;
  return signal("config", { container, looked, said: missing.message, graceMs: grace.lateConfig });
}

function crashSignal(container: ContainerFacts, looked: Looked): Signal | undefined {
  const grown = container.restarts - looked.restartsBefore(container.name);
  const isLooping = container.waiting?.reason === "CrashLoopBackOff" && grown > 0;
  if (!isLooping && grown < crashesThatDoom) return undefined;
  const end = container.ended;
  // Exit code 128 comes from the runtime that could not start the program, and has been the node's trouble.
  const isNode = end?.reason === "StartError" || end?.exitCode === 128;
  const how = end === undefined ? "" : ` with ${endText(end)}`;
  return {
    ...signal(isNode ? "container" : "crash", {
      container,
      looked,
      said: "",
      graceMs: isNode ? grace.cannotRun : 0,
    }),
    text: `${place(container, looked)} ended${how}, restarted ${times(container.restarts)}`,
  };
}

function endText({ exitCode, reason, signal: number }: NonNullable<ContainerFacts["ended"]>): string {
  const by = number === undefined || number === 0 ? "" : `, signal ${number}`;
  return reason === "OOMKilled" ? `OOMKilled (exit code ${exitCode}${by})` : `exit code ${exitCode}${by}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

interface Said {
  readonly container: ContainerFacts;
  readonly looked: Looked;
  readonly said: string;
  readonly graceMs: number;
}

function signal(reason: FailureReason, { container, looked, said, graceMs }: Said): Signal {
  const what =
    { image: "cannot pull its image", config: "cannot be configured" }[reason as string] ?? "cannot run";
  return {
    key: `${looked.pod.uid}/${container.name}/${reason}`,
    reason,
    text: `${place(container, looked)} ${what}: ${oneLine(said)}`,
    graceMs,
    pod: looked.pod.name,
    container: container.name,
  };
}

function place(container: ContainerFacts, { pod }: Looked): string {
  return `pod ${pod.name}, ${container.isInit ? "init container" : "container"} ${container.name}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 400);
}
