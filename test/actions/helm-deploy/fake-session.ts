import { readInputs } from "../../../src/actions/helm-deploy/inputs.ts";
import type { Session } from "../../../src/actions/helm-deploy/session.ts";
import { startBudget } from "../../../src/core/budget.ts";
import { emptyState, type ReleaseState } from "../../../src/domain/record/state.ts";
import { type HelmRevision, parseHistory } from "../../../src/domain/release/history.ts";
import type { Confirmation } from "../../../src/platform/traffic-confirm.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { chartObjects, podOf, route, wholeDigest } from "./fake-objects.ts";

/** How the new pods of an upgrade behave. */
export type Behaviour = "ready" | "crash" | "hook fails" | "late" | "hangs";

export interface FakeWorld {
  readonly state?: ReleaseState;
  /** Revisions of each release: `{revision, status, description}`. */
  readonly helm?: Readonly<Record<string, readonly object[]>>;
  readonly behaviour?: Behaviour;
  readonly weight?: number;
  readonly confirmed?: Confirmation["decision"];
  /** What the server-side dry run says, when it refuses. */
  readonly dryRunRefuses?: string;
  readonly rollbackFails?: true;
  /** What GitHub says of other runs; absent: there is no token. */
  readonly isOver?: boolean | undefined;
  /** The image that the deployed manifest names. */
  readonly servesLetter?: string;
  /** Pods of the stable release that serve now are not ready. */
  readonly stableIsDown?: true;
  readonly runId?: string;
  readonly signal?: AbortSignal;
  /** Rendered beside what the chart renders. */
  readonly extraObjects?: readonly object[];
  readonly asked?: boolean;
  /** The image that the cluster runs, by its letter; a deploy brings b. */
  readonly live?: "a" | "b";
  /** A kind whose objects somebody has deleted. */
  readonly gone?: string;
  /** Shorter than the input may ask for. */
  readonly timeoutMs?: number;
}

const ran = { exitCode: 0, stdout: "", stderr: "", timedOut: false, cancelled: false, truncated: false };
const failed = (stderr: string) => ({ ...ran, exitCode: 1, stderr });

export const traffic = `provider: gateway
route: {kind: HTTPRoute, name: web}
stable: {service: web, port: 80}
candidate: {service: web-candidate, port: 80}
confirm: {url: "http://127.0.0.1:1/version"}
`;

const given = {
  release: "web",
  namespace: "shop",
  chart: new URL("../../../examples/web/chart", import.meta.url).pathname,
  image: `registry.example/web@${wholeDigest("b")}`,
  kubeconfig: "apiVersion: v1",
  approval: "none",
  timeout: "5s",
};

/** A session in a world that remembers what was done to it, in order, and behaves as real ones were seen to. */
export async function fakeSession(inputs: Readonly<Record<string, string>>, world: FakeWorld = {}) {
  const runner = fakeRunner("helm-deploy", { ...given, ...inputs });
  const did: string[] = [];
  const statuses: string[] = [];
  let state = world.state ?? emptyState;
  const revisions = new Map(
    Object.entries(world.helm ?? {}).map(([name, list]) => [name, parseHistory(list)]),
  );
  const of = (release: string): readonly HelmRevision[] => revisions.get(release) ?? [];
  const add = (release: string, status: string, description: string) => {
    const revision = (of(release).at(-1)?.revision ?? 0) + 1;
    const before = of(release).map((one) =>
      status === "deployed" && one.status === "deployed" ? { ...one, status: "superseded" as const } : one,
    );
    revisions.set(release, parseHistory([...before, { revision, status, description, chart: "web-1.0.0" }]));
  };
  let weight = world.weight ?? 0;
  let deployed: string | undefined;
  const listeners: ((object: unknown) => void)[] = [];
  const emit = (object: unknown) => {
    for (const tell of listeners) tell(object);
  };

  const read = {
    ...(await readInputs(runner)),
    ...(world.timeoutMs === undefined ? {} : { timeoutMs: world.timeoutMs }),
  };
  const session: Session = {
    inputs: read,
    budget: startBudget(read.timeoutMs, () => 0),
    context: {
      runner,
      signal: world.signal ?? new AbortController().signal,
      shell: () => Promise.reject(new Error("no program is started here")),
      mask: () => undefined,
      run: {
        repository: "acme/web",
        commit: "c0ffee",
        runId: world.runId ?? "100",
        attempt: 1,
        job: "deploy",
        actor: "octocat",
        url: "https://github.test/run",
      },
    },
    gates: [{ gate: "security-scan", verdict: "pass" }],
    clock: { now: () => 0, sleep: async () => undefined },
    confirm: async (_confirm, { percent }) => {
      did.push(`confirm ${percent}`);
      const decision = world.confirmed ?? "confirmed";
      return {
        decision,
        candidate: 0,
        stable: 400,
        requests: 400,
        withoutArm: 0,
        durationMs: 1,
        sentence: `weight ${percent} ${decision}`,
      };
    },
    store: {
      read: async () => state,
      update: async (change) => {
        state = change(state);
        return state;
      },
    },
    ...(world.isOver === undefined && world.asked !== true
      ? {}
      : { github: fakeGithub(world.isOver, statuses) }),
    cluster: {
      namespace: "shop",
      kubeconfigPath: "",
      kubectl: {
        get: async (kind: string) => (kind.startsWith("httproutes") ? route(weight) : undefined),
        patch: async () => {
          weight = 0;
          did.push("weight 0");
        },
        list: async (kinds: string) =>
          kinds.includes("replicasets") ? podOf("web", "old", { ready: world.stableIsDown !== true }) : [],
        run: async (args: readonly string[]) => {
          if (args.includes("--dry-run=server") && world.dryRunRefuses !== undefined)
            return failed(world.dryRunRefuses);
          return args[0] === "get" && args.includes("-f") ? { ...ran, stdout: liveList(of, world) } : ran;
        },
        logs: async () => "cannot start: no database\n",
        watch: async (
          kind: string,
          _namespace: string,
          _selector: unknown,
          onEvent: (event: unknown) => void,
          signal: AbortSignal,
        ) => {
          if (kind === "pods") listeners.push((object) => onEvent({ type: "ADDED", object }));
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      },
      helm: {
        history: async (release: string) => of(release),
        template: async ({ release }: { release: string }) => chartObjects(release, "b", world.extraObjects),
        getManifest: async () => chartObjects("web", world.servesLetter ?? "a"),
        getHooks: async () => "",
        upgradeInstall: async ({ release }: { release: string }, signal: AbortSignal) => {
          did.push(`upgrade ${release}`);
          deployed = release;
          return upgrade(release, world.behaviour ?? "ready", { add, emit, signal });
        },
        rollback: async (release: string, revision: number) => {
          did.push(`rollback ${release} ${revision}`);
          if (world.rollbackFails === true) return failed("Error: timed out");
          add(release, "deployed", `Rollback to ${revision}`);
          return ran;
        },
        uninstall: async (release: string) => {
          did.push(`uninstall ${release}`);
          revisions.delete(release);
          return ran;
        },
      },
    } as unknown as Session["cluster"],
  };
  return { session, did, statuses, runner, state: () => state, deployed: () => deployed };
}

/** What the cluster has of the stable release: what its chart rendered, and nothing before the first deploy. */
function liveList(of: (release: string) => readonly HelmRevision[], { live = "a", gone }: FakeWorld): string {
  const all = of("web").length === 0 ? [] : chartObjects("web", live).split("\n---\n");
  const documents = all.filter((one) => gone === undefined || !one.includes(`"kind":"${gone}"`));
  const items = documents.map((one) => JSON.parse(one) as { metadata: object });
  const there = items.map((one) => ({ ...one, metadata: { ...one.metadata, namespace: "shop", uid: "1" } }));
  return JSON.stringify({ kind: "List", items: there });
}

interface Stage {
  readonly add: (release: string, status: string, description: string) => void;
  readonly emit: (object: unknown) => void;
  readonly signal: AbortSignal;
}

async function upgrade(release: string, behaviour: Behaviour, { add, emit, signal }: Stage) {
  const interrupted = async () => {
    await new Promise((resolve) =>
      signal.aborted ? resolve(undefined) : signal.addEventListener("abort", resolve),
    );
    add(release, "failed", `Upgrade "${release}" failed: context canceled`);
    return failed("Error: UPGRADE FAILED: context canceled");
  };
  switch (behaviour) {
    case "ready":
      add(release, "deployed", "Upgrade complete");
      return ran;
    case "hook fails": {
      const why = `Upgrade "${release}" failed: pre-upgrade hooks failed: job ${release}-migrate failed: BackoffLimitExceeded`;
      add(release, "failed", why);
      return failed(`Error: UPGRADE FAILED: ${why}`);
    }
    case "crash":
      for (const object of podOf(release, "new", { crashes: true })) emit(object);
      return interrupted();
    case "late":
    case "hangs":
      for (const object of podOf(release, "new", { ready: false })) emit(object);
      return interrupted();
  }
}

const madeBy = { run: "6006", attempt: 1 };

function fakeGithub(isOver: boolean | undefined, statuses: string[]) {
  return {
    isOver: async () => isOver,
    createDeployment: async ({ environment }: { environment: string }) => {
      statuses.push(`created for ${environment}`);
      return 7;
    },
    setDeploymentStatus: async (id: number, { state }: { state: string }) => {
      statuses.push(`${id} ${state}`);
    },
    // 4 is what a run left that was lost before it could say how it ended.
    deployments: async () => [
      { id: 7, payload: {} },
      { id: 6, payload: madeBy },
      { id: 5, payload: {} },
      { id: 4, payload: {} },
    ],
    deploymentState: async (id: number) => ({ 6: "success", 4: "in_progress" })[id] ?? "failure",
  } as never;
}
