import type { Parts } from "../../../src/actions/rollback/world.ts";
import { OutsideError } from "../../../src/core/errors.ts";
import { leaseOf } from "../../../src/domain/lock/lease.ts";
import type { TakenFrom } from "../../../src/domain/lock/take.ts";
import type { ReleaseState } from "../../../src/domain/record/state.ts";
import type { HelmRevision } from "../../../src/domain/release/history.ts";
import type { Cluster } from "../../../src/platform/cluster-access.ts";
import { LeaseHeldError } from "../../../src/platform/lease.ts";
import type { Confirmation } from "../../../src/platform/traffic-confirm.ts";
import { digestNumber, history } from "../../domain/rollback/records.ts";

export interface FakeWorld {
  readonly state: ReleaseState;
  /** In short, as `history` reads it. */
  readonly helm: string;
  readonly weight?: number;
  /** Services with a ready endpoint. */
  readonly ready?: readonly string[];
  readonly confirmed?: Confirmation["decision"];
  /** What another run sets the weight to once it was confirmed. */
  readonly raisedAgain?: number;
  /** What GitHub says of other runs; absent: it is not asked. */
  readonly isOver?: boolean | "outage";
  readonly image?: "there" | "gone" | "unreachable";
  readonly helmFails?: true;
  /** The digest that pods run after the rollback, when it is not the one they should. */
  readonly runs?: string;
  /** Why the Lease is refused, when it is. */
  readonly leaseHeld?: string;
  /** How the Lease came into our hands. */
  readonly taken?: TakenFrom;
  /** The manifest of a revision, when it is not one Deployment. */
  readonly manifest?: (revision: number) => string;
  /** Runs at each thing that is done, by its name. */
  readonly at?: (what: string) => void;
}

/** Parts that remember what was done to them, in order, and behave as the real ones were seen to. */
export function fakeParts(world: FakeWorld) {
  const did: string[] = [];
  let state = world.state;
  let revisions: readonly HelmRevision[] = history(world.helm);
  let weight = world.weight ?? 0;
  let now = Date.parse("2026-11-22T04:30:00Z");
  const deployments: string[] = [];
  const act = (what: string) => {
    did.push(what);
    world.at?.(what);
  };
  const parts: Parts = {
    cluster: {
      namespace: "shop",
      kubeconfigPath: "",
      kubectl: {
        ...fakeKubectl(world, () => revisions.at(-1)),
        patch: async (_kind: string, _name: string, _namespace: string, { patch }: { patch: unknown }) => {
          weight = 0;
          act("weight 0");
          return patch;
        },
        get: async (kind: string, name: string) => {
          if (kind.startsWith("httproutes")) return route(weight);
          return kind === "service" ? {} : deployment(name);
        },
      },
      helm: {
        history: async () => revisions,
        status: async () => (world.state.rollout === undefined ? undefined : "deployed"),
        getHooks: async () => "",
        getManifest: async (_release: string, _namespace: string, revision: number) =>
          (world.manifest ?? manifest)(revision),
        rollback: async (_release: string, revision: number) => {
          act(`helm rollback ${revision}`);
          if (world.helmFails === true) return { ...ran, exitCode: 1, stderr: "Error: timed out waiting" };
          const next = (revisions.at(-1)?.revision ?? 0) + 1;
          revisions = [...revisions, ...history(`${next} deployed Rollback to ${revision}`)];
          return ran;
        },
        uninstall: async (release: string) => {
          act(`uninstall ${release}`);
          return ran;
        },
      },
    } as unknown as Cluster,
    store: {
      read: async () => state,
      update: async (change) => {
        const after = change(state);
        if (after !== state) act("state");
        state = after;
        return state;
      },
    },
    withLease: async (_request, body) => {
      if (world.leaseHeld !== undefined) throw new LeaseHeldError(world.leaseHeld);
      return body({
        lost: new AbortController().signal,
        command: () => undefined,
        commandWords: () => "",
        aborted: new AbortController().signal,
        whyLost: () => undefined,
        taken: { from: world.taken ?? "free", before: leaseOf(undefined) },
      });
    },
    registryFor: async () =>
      ({
        resolve: async () => {
          if (world.image === "unreachable") throw new OutsideError("the registry gave no answer");
          return world.image === "gone" ? undefined : {};
        },
      }) as never,
    confirm: async (_confirm, { percent }) => {
      act(`confirm ${percent}`);
      weight = world.raisedAgain ?? weight;
      const decision = world.confirmed ?? "confirmed";
      const counts = { candidate: 0, stable: 400, requests: 400, withoutArm: 0, durationMs: 1 };
      return { decision, ...counts, sentence: `weight ${percent} ${decision}` };
    },
    clock: {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
    late: new AbortController().signal,
    ...(world.isOver === undefined ? {} : { github: fakeGithub(world.isOver, deployments) }),
  };
  return { parts, did, deployments, state: () => state, pass: (ms: number) => (now += ms) };
}

const ran = { exitCode: 0, stdout: "", stderr: "", timedOut: false, cancelled: false, truncated: false };

function fakeGithub(isOver: boolean | "outage", deployments: string[]) {
  return {
    isOver: async () => {
      if (isOver === "outage") throw new OutsideError("GitHub gave no answer");
      return isOver;
    },
    setDeploymentStatus: async (id: number, { state }: { state: string }) => {
      if (isOver === "outage") throw new OutsideError("GitHub gave no answer");
      deployments.push(`${id} ${state}`);
    },
  } as never;
}

function fakeKubectl(world: FakeWorld, newest: () => HelmRevision | undefined) {
  const isRestored = () => newest()?.description.startsWith("Rollback") === true;
  return {
    run: async () => ({ ...ran, stdout: "deployments   deploy   apps/v1   true   Deployment\n" }),
    list: async (kind: string, _namespace: string, selector = "") => {
      if (kind === "endpointslices") {
        const isReady =
          (world.ready ?? ["web", "web-candidate"]).includes(selector.split("=")[1] ?? "") ||
          (isRestored() && selector.endsWith("=web"));
        return [{ endpoints: [{ conditions: { ready: isReady } }] }];
      }
      const restored = Number(
        /^Rollback to (\d+)/.exec(newest()?.description ?? "")?.[1] ?? newest()?.revision,
      );
      const spec = { containers: [{ name: "web", image: imageOf(restored) }] };
      const running = `registry.example/web@${world.runs ?? digestNumber(restored)}`;
      const status = { containerStatuses: [{ name: "web", imageID: running }] };
      return [{ metadata: { name: "web-1" }, spec, status }];
    },
  };
}

function imageOf(revision: number): string {
  return `registry.example/web:1.${revision}.0@${digestNumber(revision)}`;
}

function route(weight: number): unknown {
  return {
    metadata: { name: "web", namespace: "shop", resourceVersion: "1", generation: 1 },
    spec: {
      parentRefs: [{ name: "edge" }],
      rules: [
        {
          backendRefs: [
            { name: "web", weight: 100 - weight },
            { name: "web-candidate", weight },
          ],
        },
      ],
    },
    status: {
      parents: [
        {
          parentRef: { name: "edge" },
          conditions: ["Accepted", "ResolvedRefs"].map((type) => ({
            type,
            status: "True",
            observedGeneration: 1,
          })),
        },
      ],
    },
  };
}

function deployment(name: string): unknown {
  return {
    kind: "Deployment",
    metadata: { name, generation: 1 },
    spec: { replicas: 1, selector: { matchLabels: { app: "web" } } },
    status: { observedGeneration: 1, updatedReplicas: 1, readyReplicas: 1 },
  };
}

function manifest(revision: number): string {
  return JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { template: { spec: { containers: [{ name: "web", image: imageOf(revision) }] } } },
  });
}
