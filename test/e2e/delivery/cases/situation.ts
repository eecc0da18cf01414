import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stand } from "../stand.ts";

/** How everything stands, short enough to be compared as a whole. */
export interface Situation {
  /** Versions that answered a number of requests, "nobody" for those that nobody answered. */
  readonly serves: readonly string[];
  /** By Helm release: `<revision> <status>` of the last revision. */
  readonly releases: Readonly<Record<string, string>>;
  /** By Helm release: `<ready pods> of <version>`. */
  readonly pods: Readonly<Record<string, string>>;
  /** By Service, of the route. */
  readonly weights: Readonly<Record<string, number>>;
  /** Newest first: `<version> <status>`. */
  readonly records: readonly string[];
  /** `<phase> <weight>` of the rollout under way, "none" without one. */
  readonly rollout: string;
}

/** Looks at the release web and what belongs to it. */
export async function situation(stand: Stand, service?: string): Promise<Situation> {
  const [answers, releases, pods, state] = await Promise.all([
    stand.answers(40, service),
    stand.lastRevisions(),
    stand.pods(),
    stand.records(),
  ]);
  const version = (digest: string) => stand.versions.get(digest) ?? digest;
  const serves = answers.map((one) => (one?.status === 200 ? one.version : "nobody"));
  const living = pods.filter(({ isEnding }) => !isEnding);
  const groups = Map.groupBy(living, ({ release, digest }) => `${release} ${version(digest)}`);
  return {
    serves: [...new Set(serves)].toSorted(),
    releases: Object.fromEntries(
      Object.entries(releases).map(([name, { revision, status }]) => [name, `${revision} ${status}`]),
    ),
    pods: Object.fromEntries(
      [...groups].map(([key, group]) => {
        const [release = "", of = ""] = key.split(" ");
        return [release, `${group.filter(({ isReady }) => isReady).length} of ${of}`];
      }),
    ),
    weights: service === undefined ? await stand.weights() : {},
    records: state.records.map(({ digest, status }) => `${version(digest)} ${status}`),
    rollout: state.rollout === undefined ? "none" : `${state.rollout.phase} ${state.rollout.weight}`,
  };
}

/** Ends the prober, and wants an answer to each of its requests. */
export async function expectNoneLost(prober: Awaited<ReturnType<Stand["probe"]>>): Promise<void> {
  const { lost, lostBy } = await prober.stop();
  assert.equal(lost, 0, JSON.stringify(lostBy));
}

/** Compares the parts that are named. What only needs a moment, such as a pod that ends, is given ten seconds. */
export async function expectSituation(
  stand: Stand,
  expected: Partial<Situation>,
  service?: string,
): Promise<void> {
  let seen: Partial<Situation> = {};
  for (let tries = 0; tries < 10; tries++) {
    const all = await situation(stand, service);
    seen = Object.fromEntries(Object.entries(all).filter(([key]) => key in expected));
    if (isSame(seen, expected)) return;
    await sleep(1000);
  }
  assert.deepEqual(seen, expected);
}

function isSame(seen: unknown, expected: unknown): boolean {
  try {
    assert.deepEqual(seen, expected);
    return true;
  } catch {
    return false;
  }
}
