import { at, textAt } from "../../../src/core/json.ts";
import { type HelmRevision, parseHistory } from "../../../src/domain/release/history.ts";
import { type Object_, podsOf } from "./blue-green-pods.ts";
import { chartObjects } from "./fake-objects.ts";

/** A revision that Helm keeps, with what it would apply. */
interface Revision {
  readonly status: string;
  readonly letter: string;
}

const plurals: Readonly<Record<string, string>> = {
  services: "Service",
  service: "Service",
  "deployments.apps": "Deployment",
  deployments: "Deployment",
  "replicasets.apps": "ReplicaSet",
  pods: "Pod",
};

/**
 * A cluster in memory with Helm and two colours of one chart: Services select, endpoints follow, pods are as ready as
 * they are told to be. It remembers what was done to it, in order.
 */
export class PairCluster {
  readonly did: string[] = [];
  readonly #objects = new Map<string, Object_>();
  readonly #releases = new Map<string, Revision[]>();
  readonly #listeners = new Set<(object: Object_) => void>();
  /** How many pods a chart asks for. */
  chartReplicas = 2;
  /** What the pods of the next install do. */
  behaviour: "ready" | "crash" = "ready";
  extra: readonly object[] = [];

  put(object: Object_): void {
    this.#objects.set(`${object.kind}/${object.metadata.name}`, object);
    for (const tell of this.#listeners) tell(object);
  }

  find(kind: string, name: string): Object_ | undefined {
    return this.#objects.get(`${plurals[kind] ?? kind}/${name}`);
  }

  /** Helm's revisions of a release. */
  history(release: string): readonly HelmRevision[] {
    const list = (this.#releases.get(release) ?? []).map(({ status }, index) => ({
      revision: index + 1,
      status,
      chart: "web-1.0.0",
    }));
    return parseHistory(list);
  }

  statuses(release: string): readonly string[] {
    return this.history(release).map(({ status }) => status);
  }

  /** Installs a release without anybody noticing: what was there before the test begins. */
  stand(release: string, letter: string, { ready = 2, status = "deployed" } = {}): this {
    const list = this.#releases.get(release) ?? [];
    const before = list.map((one) => ({
      ...one,
      status: one.status === "deployed" ? "superseded" : one.status,
    }));
    this.#releases.set(release, [...before, { status, letter }]);
    if (status !== "uninstalled") this.#run(release, ready, ready);
    return this;
  }

  /** The front Service as it selects a colour. */
  front(release: string): this {
    this.put(service("web", release));
    return this;
  }

  /** The release that the front selects. */
  serves(): string {
    return textAt(this.find("Service", "web"), "spec", "selector", "instance") ?? "nobody";
  }

  pods(release: string, ready: number): void {
    const wanted = Number(at(this.find("Deployment", release), "spec", "replicas") ?? ready);
    this.#run(release, wanted, ready);
  }

  #run(release: string, wanted: number, ready: number): void {
    for (const name of this.#names(release)) this.#objects.delete(name);
    for (const object of podsOf(release, { wanted, ready })) this.put(object);
    this.put(service(release, release));
  }

  #names(release: string): readonly string[] {
    return [...this.#objects]
      .filter(([, { metadata }]) => metadata.name.startsWith(release))
      .map(([key]) => key);
  }

  readonly helm = {
    history: async (release: string) => this.history(release),
    template: async ({ release }: { release: string }) => chartObjects(release, "b", this.extra),
    getManifest: async (release: string) =>
      chartObjects(release, this.#releases.get(release)?.at(-1)?.letter ?? "a"),
    getHooks: async () => "",
    upgradeInstall: async ({ release }: { release: string }, signal: AbortSignal) => {
      this.did.push(`install ${release}`);
      const isGood = this.behaviour === "ready";
      this.stand(release, "b", {
        ready: isGood ? this.chartReplicas : 0,
        status: isGood ? "deployed" : "failed",
      });
      if (isGood) return ran;
      for (const object of podsOf(release, { wanted: 2, ready: 0, crash: true })) this.put(object);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { ...ran, exitCode: 1, stderr: "Error: UPGRADE FAILED: context canceled" };
    },
    uninstall: async (release: string, _namespace: string, { keepHistory }: { keepHistory?: true }) => {
      this.did.push(`uninstall ${release}${keepHistory === true ? "" : " without its history"}`);
      const list = this.#releases.get(release) ?? [];
      this.#releases.set(release, [...list.slice(0, -1), { status: "uninstalled", letter: "a" }]);
      for (const name of this.#names(release)) this.#objects.delete(name);
      return ran;
    },
  };

  readonly kubectl = {
    get: async (kind: string, name: string) => this.find(kind, name),
    create: async (object: Object_) => {
      this.did.push(`create ${object.kind} ${object.metadata.name}`);
      this.put(object);
    },
    patch: async (
      kind: string,
      name: string,
      _namespace: string,
      change: { patch: readonly Operation[] },
    ) => {
      const selector = change.patch.find(({ path, op }) => path === "/spec/selector" && op === "add")?.value;
      const release = textAt(selector, "instance") ?? "";
      this.did.push(`${name} → ${release}`);
      this.put(service(name, release));
      if (plurals[kind] !== "Service") throw new Error(`nobody patches ${kind} here`);
    },
    list: async (kinds: string, _namespace: string, selector?: string) => {
      if (kinds === "endpointslices") return this.#slices(selector?.split("=")[1] ?? "");
      const wanted = kinds.split(",").map((one) => plurals[one] ?? one);
      return [...this.#objects.values()].filter(({ kind }) => wanted.includes(kind));
    },
    run: async (args: readonly string[]) => {
      const [verb, what = ""] = args;
      if (verb === "scale") this.#scale(what.split("/")[1] ?? "", Number(args.at(-1)?.split("=")[1]));
      return ran;
    },
    logs: async () => "cannot start: no database\n",
    watch: async (
      kind: string,
      _namespace: string,
      _selector: unknown,
      onEvent: OnEvent,
      signal: AbortSignal,
    ) => {
      const tell = (object: Object_) => {
        if (object.kind === plurals[kind]) onEvent({ type: "MODIFIED", object });
      };
      for (const object of this.#objects.values()) tell(object);
      this.#listeners.add(tell);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      this.#listeners.delete(tell);
    },
  };

  #scale(name: string, replicas: number): void {
    this.did.push(`scale ${name} ${replicas}`);
    this.#run(name, replicas, replicas);
  }

  #slices(name: string): readonly unknown[] {
    const release = textAt(this.find("Service", name), "spec", "selector", "instance");
    const ready = Number(at(this.find("Deployment", release ?? ""), "status", "readyReplicas") ?? 0);
    const endpoints = Array.from({ length: ready }, (_, n) => ({ addresses: [`${release}-${n}`] }));
    return [{ endpoints }];
  }
}

type OnEvent = (event: { readonly type: "MODIFIED"; readonly object: unknown }) => void;

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

const ran = { exitCode: 0, stdout: "", stderr: "", timedOut: false, cancelled: false, truncated: false };

function service(name: string, release: string): Object_ {
  return {
    kind: "Service",
    metadata: { name },
    spec: { selector: { instance: release }, ports: [{ port: 80 }] },
  };
}

/** The pods of a release crash from now on. */
export function crash(cluster: PairCluster, release: string): void {
  for (const object of podsOf(release, { wanted: 3, ready: 0, crash: true })) cluster.put(object);
}
