import { crashOf } from "./crash.ts";
import { pullOutlook } from "./image-pull.ts";
import type { ContainerFacts, EventFacts, PodFacts } from "./objects.ts";
import { oneLine } from "./one-line.ts";
import { schedulingSignal } from "./scheduling.ts";
import type { FailureReason, Graces, Signal } from "./signal.ts";

const second = 1000;
const grace = {
  unknownPull: 45 * second,
  lateConfig: 8 * second,
  askedForConfig: 60 * second,
  cannotRun: 10 * second,
  nodeTrouble: 30 * second,
} as const;

/** A new pod with what is known about it beside its own status. */
export interface Looked {
  readonly pod: PodFacts;
  /** Events about this pod, the oldest first. */
  readonly events: readonly EventFacts[];
  readonly graces: Graces;
  /** Restarts a container had before the deploy began. */
  readonly restartsBefore: (container: string) => number;
  /** What earlier looks have heard of a container's failed pull. */
  readonly heard: (container: string) => string | undefined;
  /** Another controller makes Secrets for the release, a while after it. */
  readonly asksForSecrets: boolean;
}

/** What speaks against a pod of the new version. At most one signal per container, init containers included. */
export function podSignals(looked: Looked): readonly Signal[] {
  const unplaced = schedulingSignal(looked.pod, looked.events, looked.graces.unschedulableMs);
  if (unplaced !== undefined) return [unplaced];
  return looked.pod.containers.flatMap((container) => containerSignal(container, looked) ?? []);
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
    case "ImageInspectError":
    case "RegistryUnavailable":
      return pullSignal(container, looked);
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

/** The words on a failed pull that tell most: the reason stands in the first message, later ones speak of back-off. */
export function pullWords(
  container: ContainerFacts,
  { events, heard }: Pick<Looked, "events" | "heard">,
): string | undefined {
  if (!/^(ErrImagePull|ImagePullBackOff|ErrRegistryUnavailable)$/.test(container.waiting?.reason ?? ""))
    return undefined;
  const said = events.filter(({ reason, message }) => reason === "Failed" && /pull/i.test(message));
  // A pod with several images: an event names the image it speaks of.
  const own = said.filter(({ message }) => container.image === "" || message.includes(container.image));
  const texts = [
    container.waiting?.message ?? "",
    ...own.toReversed().map(({ message }) => message),
    heard(container.name) ?? "",
  ];
  return texts.find((text) => pullOutlook(text) !== "unknown");
}

function pullSignal(container: ContainerFacts, looked: Looked): Signal {
  const telling = pullWords(container, looked) ?? container.waiting?.message ?? "";
  const { pullMs } = looked.graces;
  const outlook = pullOutlook(telling);
  const graceMs = { permanent: 0, transient: pullMs, unknown: Math.min(pullMs, grace.unknownPull) }[outlook];
  return signal("image", { container, looked, said: telling, graceMs });
}

function configSignal(container: ContainerFacts, looked: Looked, message: string): Signal | undefined {
  // The kubelet has not read the object yet; it is no statement about the object.
  if (/failed to sync \w+ cache/.test(message)) return undefined;
  return signal("config", { container, looked, said: message, graceMs: configGrace(looked) });
}

function mountSignal(container: ContainerFacts, looked: Looked): Signal | undefined {
  const missing = looked.events.findLast(
    ({ reason, message }) =>
      reason === "FailedMount" && /not found|references non-existent|couldn't find key/.test(message),
  );
  if (missing === undefined) return undefined;
  return signal("config", { container, looked, said: missing.message, graceMs: configGrace(looked) });
}

function configGrace({ asksForSecrets }: Looked): number {
  return asksForSecrets ? grace.askedForConfig : grace.lateConfig;
}

function crashSignal(container: ContainerFacts, looked: Looked): Signal | undefined {
  const crash = crashOf(container, looked.restartsBefore(container.name), looked.events);
  if (crash === undefined) return undefined;
  const graceMs = crash.kind === "node trouble" ? grace.nodeTrouble : 0;
  const reason = crash.kind === "ended" ? "crash" : "container";
  return {
    ...signal(reason, { container, looked, said: "", graceMs }),
    text: `${place(container, looked)} ${crash.text}`,
  };
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
