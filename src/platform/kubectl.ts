import { OutsideError } from "../core/errors.ts";
import { type Json, listAt } from "../core/json.ts";
import { errorOf, ForbiddenError, NotFoundError } from "./kubectl-errors.ts";
import { type WatchEvent, watchObjects } from "./kubectl-watch.ts";
import type { Ran, Shell, ShellOptions } from "./shell.ts";

/** A Kubernetes object to be written. */
export type KubeObject = { readonly [key: string]: Json | undefined };

export interface LogRequest {
  readonly container?: string;
  /** The log of the container's previous life, for one that crashed and was started again. */
  readonly previous?: boolean;
  readonly tail?: number;
}

export interface Patch {
  readonly type: "json" | "merge" | "strategic";
  readonly patch: Json;
}

/**
 * kubectl as a process. Failures are told apart: NotFoundError, ForbiddenError, ConflictError, UnreachableError, else
 * OutsideError.
 */
export interface Kubectl {
  /** The object, or undefined when it is not there. */
  get(kind: string, name: string, namespace: string): Promise<unknown>;
  list(kind: string, namespace: string, selector?: string): Promise<readonly unknown[]>;
  /** Server-side apply by field manager `sluice`. */
  apply(object: KubeObject): Promise<void>;
  create(object: KubeObject): Promise<unknown>;
  /** Replaces the object; a stale `metadata.resourceVersion` in it is a ConflictError. */
  replace(object: KubeObject): Promise<unknown>;
  patch(kind: string, name: string, namespace: string, change: Patch): Promise<unknown>;
  /** Deletes the object; one that is not there is no error. */
  remove(kind: string, name: string, namespace: string): Promise<void>;
  logs(pod: string, namespace: string, request?: LogRequest): Promise<string>;
  /** Reports what is there and every change, until the signal ends it. Broken streams are opened again. */
  watch(
    kind: string,
    namespace: string,
    selector: string | undefined,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Any other kubectl command. A non-zero exit is returned. */
  run(args: readonly string[], options?: ShellOptions): Promise<Ran>;
}

export interface KubectlOptions {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

const callTimeoutMs = 30_000;

/** Kubectl over the given shell. The kubeconfig is named in the environment, never in the arguments. */
export function kubectl(shell: Shell, { program, env }: KubectlOptions): Kubectl {
  const run: Kubectl["run"] = (args, options = {}) =>
    shell(program, args, { timeoutMs: callTimeoutMs, ...options, env: { ...env, ...options.env } });
  const must = async (args: readonly string[], stdin?: string): Promise<string> => {
    const ran = await run(args, stdin === undefined ? {} : { stdin });
    if (ran.exitCode === 0 && !ran.timedOut) return ran.stdout;
    throw errorOf(args, ran);
  };
  const write = async (verb: string, object: KubeObject, ...more: readonly string[]) =>
    parse(await must([verb, "-f", "-", "-o", "json", ...more], JSON.stringify(object)));
  return {
    run,
    get: async (kind, name, namespace) => {
      const text = await must(["get", kind, name, "-n", namespace, "-o", "json", "--ignore-not-found"]);
      return text.trim() === "" ? undefined : parse(text);
    },
    list: async (kind, namespace, selector) => {
      const chosen = selector === undefined ? [] : ["-l", selector];
      return listAt(parse(await must(["get", kind, "-n", namespace, "-o", "json", ...chosen])), "items");
    },
    apply: async (object) => {
      await write("apply", object, "--server-side", "--field-manager=sluice", "--force-conflicts");
    },
    create: (object) => write("create", object),
    replace: (object) => write("replace", object),
    patch: async (kind, name, namespace, change) => {
      const what = ["patch", kind, name, "-n", namespace, "--type", change.type, "-o", "json"];
      return parse(await must([...what, "-p", JSON.stringify(change.patch)]));
    },
    remove: async (kind, name, namespace) => {
      await must(["delete", kind, name, "-n", namespace, "--ignore-not-found", "--wait=false"]);
    },
    logs: (pod, namespace, request = {}) => must(["logs", pod, "-n", namespace, ...logArgs(request)]),
    watch: (kind, namespace, selector, onEvent, signal) =>
      watchObjects(
        run,
        { kind, namespace, ...(selector === undefined ? {} : { selector }) },
        { onEvent, signal },
      ),
  };
}

function logArgs({ container, previous, tail }: LogRequest): readonly string[] {
  return [
    ...(container === undefined ? [] : ["-c", container]),
    ...(previous === true ? ["--previous"] : []),
    `--tail=${tail ?? 40}`,
  ];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OutsideError(`kubectl answered with something that is not JSON: ${text.slice(0, 120)}`);
  }
}

/** Whether a namespace exists. Who may not look at it is working in it, so then it does. */
export async function namespaceExists(cluster: Kubectl, namespace: string): Promise<boolean> {
  const ran = await cluster.run(["get", "namespace", namespace, "-o", "name", "--ignore-not-found"]);
  if (ran.exitCode === 0) return ran.stdout.trim() !== "";
  const error = errorOf(["get", "namespace", namespace], ran);
  if (error instanceof NotFoundError) return false;
  if (error instanceof ForbiddenError) return true;
  throw error;
}
