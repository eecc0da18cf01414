import { setTimeout as sleep } from "node:timers/promises";
import { listAt, numberAt, textAt } from "../../../src/core/json.ts";
import type { ReleaseState } from "../../../src/domain/record/state.ts";
import { kubectl as kubectlOf } from "../../../src/platform/kubectl.ts";
import { type RecordStore, recordStore } from "../../../src/platform/record-store.ts";
import { mustSucceed, shell } from "../../../src/platform/shell.ts";
import type { World } from "../../../src/rehearsal/cluster/world.ts";
import { administer } from "../../../src/rehearsal/production-route.ts";
import { type RunningTraffic, startTraffic } from "../../../src/rehearsal/traffic.ts";
import { type AnswerSeen, ask, type PodSeen, type RevisionSeen, readPods } from "./look.ts";
import { apply } from "./namespace.ts";

// kube-proxy and the gateway follow what was made, and the endpoints of pods that have ended, by a second or so.
const settleMs = 10_000;

/** Where requests go: through the gateway's route, or to a Service by its own address. */
export interface ProbeOptions {
  readonly requestsPerSecond?: number;
  readonly service?: string;
  /** New connections follow a Service at once; kept ones stay with their pod. The gateway is asked over kept ones. */
  readonly connections?: "kept" | "new";
}

/** A namespace as its administrator sees it, with the front that requests come through. */
export class Place {
  readonly world: World;
  readonly namespace: string;
  /** The host name that the gateway routes to this namespace. */
  readonly host: string;

  constructor(world: World, namespace: string) {
    this.world = world;
    this.namespace = namespace;
    this.host = `${namespace}.example.test`;
  }

  /**
   * Makes an HTTPRoute with two weighted backends behind this namespace's host name, everything to the first, and
   * returns the input `traffic` for it. Without names: those of a canary of release web.
   */
  async route(stable = "web", candidate = "web-candidate"): Promise<string> {
    const backend = (name: string, weight: number) => ({
      group: "",
      kind: "Service",
      name,
      port: 80,
      weight,
    });
    const spec = {
      parentRefs: [{ name: "gateway", namespace: "gateway" }],
      hostnames: [this.host],
      rules: [{ backendRefs: [backend(stable, 100), backend(candidate, 0)] }],
    };
    const metadata = { name: "web", namespace: this.namespace };
    await this.apply({ apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata, spec });
    const confirm = `confirm: {url: "${this.world.gatewayUrl}/", host: ${this.host}, header: x-sluice-release, candidate: ${candidate}}`;
    const backends = `stable: {service: ${stable}, port: 80}\ncandidate: {service: ${candidate}, port: 80}`;
    return `provider: gateway\nroute: {name: web}\n${backends}\n${confirm}\n`;
  }

  /** The weights of the route's backends. */
  async weights(): Promise<Readonly<Record<string, number>>> {
    const route = JSON.parse(await this.kubectl("get", "httproute", "web", "-o", "json"));
    const backends = listAt(route, "spec", "rules", 0, "backendRefs");
    return Object.fromEntries(
      backends.map((one) => [textAt(one, "name") ?? "", numberAt(one, "weight") ?? 1]),
    );
  }

  /** Gives the candidate a share of traffic as a ramp does: the intent in our state, and the route's weights. */
  async ramp(percent: number, release = "web"): Promise<void> {
    await this.#store(release).update((state) =>
      state.rollout === undefined
        ? state
        : { ...state, rollout: { ...state.rollout, phase: "ramping", weight: percent } },
    );
    const weight = (index: number, value: number) => ({
      op: "replace",
      path: `/spec/rules/0/backendRefs/${index}/weight`,
      value,
    });
    const patch = JSON.stringify([weight(0, 100 - percent), weight(1, percent)]);
    await this.kubectl("patch", "httproute", "web", "--type=json", "-p", patch);
  }

  /** Sends requests at an even rate until it is stopped; its report counts answers by version and track, and losses. */
  async probe({ requestsPerSecond = 50, service, connections }: ProbeOptions = {}): Promise<RunningTraffic> {
    await this.mustAnswer(service);
    const target = await this.#address(service);
    const fresh = connections ?? (service === undefined ? "kept" : "new");
    return startTraffic({ ...target, requestsPerSecond, concurrency: 16, connections: fresh });
  }

  /** Waits until versions answer twenty requests in a row. */
  async mustAnswer(service?: string): Promise<void> {
    const versions = await this.versionsOnce((seen) => !seen.includes("nobody"), service);
    if (versions.includes("nobody"))
      throw new Error(`Not every request is answered by a version: ${versions.join(", ")}`);
  }

  /** The versions that answer twenty requests, as soon as they are as wanted or after ten seconds: routes follow late. */
  async versionsOnce(
    isWanted: (versions: readonly string[]) => boolean,
    service?: string,
  ): Promise<readonly string[]> {
    for (const untilMs = Date.now() + settleMs; ; await sleep(200)) {
      const answers = await this.answers(20, service);
      const versions = [...new Set(answers.map((one) => one?.version || "nobody"))];
      if (isWanted(versions) || Date.now() >= untilMs) return versions;
    }
  }

  /** Who answers a number of requests now, one after another; undefined for each that nobody answers. */
  async answers(count: number, service?: string): Promise<readonly (AnswerSeen | undefined)[]> {
    const { url, hostHeader } = await this.#address(service);
    const seen: (AnswerSeen | undefined)[] = [];
    for (let n = 0; n < count; n++) seen.push(await ask(url, hostHeader));
    return seen;
  }

  async #address(service: string | undefined): Promise<{ url: string; hostHeader?: string }> {
    if (service === undefined) return { url: `${this.world.gatewayUrl}/`, hostHeader: this.host };
    const address = await this.kubectl("get", "service", service, "-o", "jsonpath={.spec.clusterIP}");
    return { url: `http://${address}/` };
  }

  /** Everything that we keep in the cluster about a release. */
  records(release = "web"): Promise<ReleaseState> {
    return this.#store(release).read();
  }

  #store(release: string): RecordStore {
    const { parts, kubeconfig } = this.world;
    const kubectl = kubectlOf(shell, { program: parts.kubectl, env: { KUBECONFIG: kubeconfig } });
    return recordStore(kubectl, release, this.namespace);
  }

  /** Helm's revisions, oldest first; none when the release is not there. */
  async history(release = "web"): Promise<readonly RevisionSeen[]> {
    const found = await this.helm("history", release, "-o", "json").catch(() => "[]");
    return JSON.parse(found) as readonly RevisionSeen[];
  }

  /** The last revision of every Helm release that is there, by name; what was uninstalled is not there. */
  async lastRevisions(): Promise<Readonly<Record<string, RevisionSeen>>> {
    const found = JSON.parse(await this.kubectl("get", "secrets", "-l", "owner=helm", "-o", "json"));
    const last: Record<string, RevisionSeen> = {};
    for (const secret of listAt(found, "items")) {
      const label = (name: string) => textAt(secret, "metadata", "labels", name) ?? "";
      const revision = Number(label("version"));
      if (revision > (last[label("name")]?.revision ?? 0))
        last[label("name")] = { revision, status: label("status"), description: "" };
    }
    return Object.fromEntries(Object.entries(last).filter(([, { status }]) => status !== "uninstalled"));
  }

  /** Names of the Helm releases that are there. */
  async releases(): Promise<readonly string[]> {
    return Object.keys(await this.lastRevisions()).toSorted();
  }

  pods(): Promise<readonly PodSeen[]> {
    return readPods(this.world, this.namespace);
  }

  /** Runs kubectl in the namespace, as the administrator. */
  kubectl(...args: readonly string[]): Promise<string> {
    return administer(this.world, ["--namespace", this.namespace, ...args]);
  }

  /** Applies objects as the administrator. */
  apply(...items: readonly unknown[]): Promise<void> {
    return apply(this.world, items);
  }

  /** Runs helm in the namespace, as the administrator. */
  helm(...args: readonly string[]): Promise<string> {
    const env = { KUBECONFIG: this.world.kubeconfig };
    return mustSucceed(shell, this.world.parts.helm, ["--namespace", this.namespace, ...args], { env });
  }
}
