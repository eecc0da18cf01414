import type { ReleaseObjects } from "../../../domain/release/candidate-conflicts.ts";
import { manifestObjects, workloadObjects } from "../../../domain/release/manifest.ts";
import {
  type Baseline,
  baselineOf,
  type RolloutScope,
  type RolloutView,
  workloadsOf,
} from "../../../domain/rollout/view.ts";
import { readRolloutView, watchedKinds, watchRollout } from "../../../platform/rollout-watch.ts";
import { parseManifest } from "../../../platform/yaml.ts";
import type { Session } from "../session.ts";

/** A Helm release with the objects of its last revision, as Helm applied them. */
export async function installedObjects(session: Session, release: string): Promise<ReleaseObjects> {
  const { cluster, inputs } = session;
  const manifest = await cluster.helm.getManifest(release, inputs.namespace);
  return { release, objects: manifestObjects(await parseManifest(manifest)) };
}

export function scopeOfColour({ objects }: ReleaseObjects): RolloutScope {
  return { workloads: workloadObjects(objects).map(({ kind, name }) => ({ kind, name })), hookJobs: [] };
}

export function kindsOf(...colours: readonly ReleaseObjects[]): readonly string[] {
  return watchedKinds(colours.flatMap(({ objects }) => workloadObjects(objects).map(({ kind }) => kind)));
}

/** What the namespace shows now of the given colours. */
export function readColours(session: Session, ...colours: readonly ReleaseObjects[]): Promise<RolloutView> {
  return readRolloutView(session.cluster.kubectl, session.inputs.namespace, kindsOf(...colours));
}

/** All of a colour's pods are new ones, but what happened to them before this moment is not held against them. */
export function colourBaseline(view: RolloutView): Baseline {
  const { restarts, events } = baselineOf(view);
  const none = new Map<string, never>();
  return {
    ...{ generations: none, revisions: none, templates: none },
    ...{ pods: new Set(), jobs: new Set() },
    restarts,
    events,
  };
}

export interface Glance {
  readonly view: RolloutView;
  readonly now: number;
}

const lookEveryMs = 500;
const firstListMs = 5_000;

/** Looks at a colour again and again until the answer is there. A cancelled step ends it with a CancelledError. */
export async function follow<T>(
  session: Session,
  colour: ReleaseObjects,
  answer: (glance: Glance) => T | undefined,
): Promise<T> {
  const { cluster, inputs, clock, context } = session;
  const ending = new AbortController();
  let broken: unknown;
  const startedAt = clock.now();
  const watch = watchRollout(
    cluster.kubectl,
    { namespace: inputs.namespace, kinds: kindsOf(colour) },
    { onChange: () => undefined, signal: ending.signal },
  );
  const ended = watch.ended.catch((error: unknown) => {
    broken = error;
  });
  try {
    for (;;) {
      await clock.sleep(lookEveryMs, context.signal);
      if (broken !== undefined) throw broken;
      const glance = { view: watch.view(), now: clock.now() };
      // The lists come a moment after the watches are opened.
      const isUnread = workloadsOf(glance.view, scopeOfColour(colour)).length === 0;
      if (isUnread && glance.now - startedAt < firstListMs) continue;
      const answered = answer(glance);
      if (answered !== undefined) return answered;
    }
  } finally {
    ending.abort();
    await ended;
  }
}
