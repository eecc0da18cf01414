import { at, isRecord, listAt, parseJson, textAt } from "../core/json.ts";
import { pathOfKind, pathOfObject } from "./kube-path.ts";
import type { KubeProxy, ProxyAnswer, ProxyCall } from "./kube-proxy.ts";
import type { Kubectl, KubeObject } from "./kubectl.ts";
import { parseEvent, restartAfterMs } from "./kubectl-watch.ts";

/**
 * Kubectl whose most frequent calls take a few milliseconds instead of a process each. Only a plain success is taken
 * from the proxy: whatever else comes is asked again by kubectl itself, which knows how to say what is wrong. Writes
 * may be repeated so, for they name the version or the absence that they build on.
 */
export function kubectlOverProxy(base: Kubectl, proxy: KubeProxy): Kubectl {
  const success = async (call: ProxyCall): Promise<unknown> => {
    const answer = await proxy.call(call);
    return answer !== undefined && isSuccess(answer) ? parseJson(answer.text) : undefined;
  };
  const list = async (path: string, selector: string | undefined) => {
    const found = await success({ method: "GET", path: `${path}${selecting("?", selector)}` });
    return found === undefined
      ? undefined
      : { items: itemsOf(found), version: textAt(found, "metadata", "resourceVersion") ?? "" };
  };
  return {
    ...base,
    get: async (kind, name, namespace) => {
      const path = pathOfKind(kind, namespace);
      const call = { method: "GET", path: `${path}/${encodeURIComponent(name)}` } as const;
      const answer = path === undefined ? undefined : await proxy.call(call);
      if (answer?.status === 404 && textAt(parseJson(answer.text), "details", "name") === name)
        return undefined;
      const found = answer !== undefined && isSuccess(answer) ? parseJson(answer.text) : undefined;
      return found === undefined ? base.get(kind, name, namespace) : withoutManagers(found);
    },
    list: async (kinds, namespace, selector) => {
      const paths = kinds.split(",").map((kind) => pathOfKind(kind, namespace));
      const lists = await Promise.all(
        paths.map((path) => (path === undefined ? undefined : list(path, selector))),
      );
      const found = lists.filter((one) => one !== undefined);
      return found.length === lists.length
        ? found.flatMap(({ items }) => items)
        : base.list(kinds, namespace, selector);
    },
    create: async (object) => {
      const path = pathOfObject(object);
      const made = path === undefined ? undefined : await success(writing("POST", path, object));
      return made === undefined ? base.create(object) : withoutManagers(made);
    },
    replace: async (object) => {
      const path = pathOfObject(object);
      const name = textAt(object, "metadata", "name");
      const isGuarded = textAt(object, "metadata", "resourceVersion") !== undefined;
      const made =
        path === undefined || name === undefined || !isGuarded
          ? undefined
          : await success(writing("PUT", `${path}/${encodeURIComponent(name)}`, object));
      return made === undefined ? base.replace(object) : withoutManagers(made);
    },
    watch: async (kind, namespace, selector, onEvent, signal) => {
      const path = pathOfKind(kind, namespace);
      for (let isFirst = true; path !== undefined && !signal.aborted; isFirst = false) {
        const found = await list(path, selector);
        if (signal.aborted) return;
        if (!isFirst) onEvent({ type: "RESTARTED" });
        if (found === undefined) break;
        for (const object of found.items) onEvent({ type: "ADDED", object });
        const onLine = (line: string) => {
          const event = signal.aborted ? undefined : parseEvent(line);
          if (event !== undefined) onEvent({ ...event, object: withoutManagers(event.object) });
        };
        // A watch that names no version waits for one that a quiet cluster may never reach.
        const from = `?watch=true&resourceVersion=${found.version}${selecting("&", selector)}`;
        const hasBegun = await proxy.follow(`${path}${from}`, onLine, signal);
        if (signal.aborted) return;
        if (!hasBegun) {
          onEvent({ type: "RESTARTED" });
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, restartAfterMs));
      }
      if (!signal.aborted) await base.watch(kind, namespace, selector, onEvent, signal);
    },
  };
}

function selecting(sign: "?" | "&", selector: string | undefined): string {
  return selector === undefined ? "" : `${sign}labelSelector=${encodeURIComponent(selector)}`;
}

function isSuccess({ status }: ProxyAnswer): boolean {
  return status >= 200 && status <= 299;
}

function writing(method: "POST" | "PUT", path: string, object: KubeObject): ProxyCall {
  const manager = method === "POST" ? "kubectl-create" : "kubectl-replace";
  return {
    method,
    path: `${path}?fieldManager=${manager}&fieldValidation=Strict`,
    body: JSON.stringify(object),
  };
}

// In a list, items do not say what they are.
function itemsOf(list: unknown): readonly unknown[] {
  const kind = (textAt(list, "kind") ?? "").replace(/List$/, "");
  const apiVersion = textAt(list, "apiVersion") ?? "";
  return listAt(list, "items").map((item) =>
    withoutManagers(isRecord(item) ? { apiVersion, kind, ...item } : item),
  );
}

/** As kubectl shows it. */
function withoutManagers(object: unknown): unknown {
  const metadata = at(object, "metadata");
  if (!isRecord(object) || !isRecord(metadata) || !("managedFields" in metadata)) return object;
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}
