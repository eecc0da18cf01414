import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, OutsideError } from "../core/errors.ts";
import { at, listAt, textAt } from "../core/json.ts";
import { judgeAcceptance } from "../domain/traffic/acceptance.ts";
import { candidatePercent, nameRoute, sharedRules } from "../domain/traffic/route.ts";
import { routeResource, type Traffic } from "../domain/traffic/traffic.ts";
import { type PatchOperation, weightPatch, weightProblems } from "../domain/traffic/weight-patch.ts";

/** What the switch asks of the cluster; `Kubectl` has it. */
export interface TrafficCluster {
  get(kind: string, name: string, namespace: string): Promise<unknown | undefined>;
  list(kind: string, namespace: string, selector?: string): Promise<readonly unknown[]>;
  patch(
    kind: string,
    name: string,
    namespace: string,
    change: { readonly type: "json"; readonly patch: readonly PatchOperation[] },
  ): Promise<unknown>;
}

export interface SwitchLimits {
  /** Total time for the change and the gateway's answer to it. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

/** The weights of one route. Only `setWeight` changes anything. */
export interface TrafficSwitch {
  /** The highest share in percent that any rule of ours gives the candidate now. */
  readWeight(): Promise<number>;
  /** Sets the candidate's share and returns once every gateway of the route has accepted it. */
  setWeight(percent: number, limits?: SwitchLimits): Promise<void>;
  /** Why a candidate could not be given that share, one sentence each. */
  problems(percent: number): Promise<readonly string[]>;
}

const defaultBudgetMs = 20_000;
const pauseMs = 200;

export function trafficSwitch(cluster: TrafficCluster, traffic: Traffic, namespace: string): TrafficSwitch {
  const routeNamespace = traffic.route.namespace ?? namespace;
  const place = { cluster, traffic, namespace, routeNamespace };
  return {
    readWeight: async () => {
      const rules = sharedRules(await readRoute(place), traffic, namespace);
      return Math.max(...rules.map((rule) => candidatePercent(rule) ?? 0));
    },
    setWeight: async (percent, limits = {}) => {
      const deadline = Date.now() + (limits.budgetMs ?? defaultBudgetMs);
      if (percent > 0) await mustHaveEndpoints(place, percent);
      await patchWeight(place, percent, { deadline, ...limits });
      await waitUntilAccepted(place, percent, { deadline, ...limits });
    },
    problems: async (percent) => weightProblems(await readRoute(place), { traffic, namespace, percent }),
  };
}

interface Place {
  readonly cluster: TrafficCluster;
  readonly traffic: Traffic;
  readonly namespace: string;
  readonly routeNamespace: string;
}

interface Deadline {
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

async function readRoute({ cluster, traffic, routeNamespace }: Place): Promise<unknown> {
  const route = await cluster.get(routeResource(traffic), traffic.route.name, routeNamespace);
  if (route !== undefined) return route;
  throw new ConfigError(`Input "traffic" names ${nameRoute(traffic)}: there is none in ${routeNamespace}`);
}

async function patchWeight(place: Place, percent: number, { deadline, signal }: Deadline): Promise<void> {
  const { cluster, traffic, namespace, routeNamespace } = place;
  for (;;) {
    const route = await readRoute(place);
    const patch = weightPatch(route, { traffic, namespace, percent });
    if (patch.length === 0) return;
    try {
      await cluster.patch(routeResource(traffic), traffic.route.name, routeNamespace, {
        type: "json",
        patch,
      });
      return;
    } catch (error) {
      // The patch is refused when the route changed under it. Any other refusal would come back the same.
      const isChanged = versionOf(await readRoute(place)) !== versionOf(route);
      if (!isChanged || Date.now() + pauseMs >= deadline) throw error;
      await pause(signal);
    }
  }
}

async function waitUntilAccepted(
  place: Place,
  percent: number,
  { deadline, signal }: Deadline,
): Promise<void> {
  const mayMissBackend = percent === 0 && (await isCandidateAloneMissing(place));
  for (;;) {
    const acceptance = judgeAcceptance(await readRoute(place), { mayMissBackend });
    if (acceptance.kind === "accepted") return;
    if (Date.now() + pauseMs >= deadline) {
      throw new OutsideError(
        `${nameRoute(place.traffic)} was given weight ${percent}, but not accepted in time: ${acceptance.reason}`,
      );
    }
    await pause(signal);
  }
}

async function isCandidateAloneMissing({ cluster, traffic, namespace }: Place): Promise<boolean> {
  const [stable, candidate] = await Promise.all([
    cluster.get("service", traffic.stable.service, namespace),
    cluster.get("service", traffic.candidate.service, namespace),
  ]);
  return stable !== undefined && candidate === undefined;
}

/** A weight on a Service without a ready endpoint is a share of answers that are errors. */
async function mustHaveEndpoints({ cluster, traffic, namespace }: Place, percent: number): Promise<void> {
  const arms = percent < 100 ? [traffic.stable, traffic.candidate] : [traffic.candidate];
  for (const { service } of arms) {
    const slices = await cluster.list("endpointslices", namespace, `kubernetes.io/service-name=${service}`);
    const endpoints = slices.flatMap((slice) => listAt(slice, "endpoints"));
    if (endpoints.some((endpoint) => at(endpoint, "conditions", "ready") !== false)) continue;
    throw new OutsideError(`Weight ${percent} was not set: Service ${service} has no ready endpoint`);
  }
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await sleep(pauseMs);
  signal?.throwIfAborted();
}

function versionOf(route: unknown): string | undefined {
  return textAt(route, "metadata", "resourceVersion");
}
