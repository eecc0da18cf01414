import { isRecord, textAt } from "../../src/core/json.ts";
import type { Kubectl, KubeObject } from "../../src/platform/kubectl.ts";
import { ConflictError, NotFoundError, UnreachableError } from "../../src/platform/kubectl-errors.ts";

/** A cluster that keeps one Lease and refuses stale writes, as Kubernetes does. */
export function fakeLeases() {
  let version = 0;
  let stored: Readonly<Record<string, unknown>> | undefined;
  let isAway = false;
  const write = (object: Readonly<Record<string, unknown>>) => {
    version++;
    const metadata = {
      ...(isRecord(object.metadata) ? object.metadata : {}),
      resourceVersion: String(version),
    };
    stored = { ...object, metadata };
    return stored;
  };
  const reach = () => {
    if (isAway) throw new UnreachableError("kubectl get exited with 1: connection refused");
  };
  const kubectl = {
    get: async () => {
      reach();
      return stored;
    },
    create: async (object: KubeObject) => {
      reach();
      if (stored !== undefined) throw new ConflictError("(AlreadyExists)");
      return write(object);
    },
    replace: async (object: KubeObject) => {
      reach();
      if (stored === undefined) throw new NotFoundError("(NotFound)");
      if (textAt(object, "metadata", "resourceVersion") !== String(version))
        throw new ConflictError("(Conflict)");
      return write(object);
    },
    patch: async (
      _kind: string,
      _name: string,
      _namespace: string,
      { patch }: { readonly patch: unknown },
    ) => {
      reach();
      if (stored === undefined) throw new NotFoundError("(NotFound)");
      return write(merged(stored, patch));
    },
  } as unknown as Kubectl;
  return {
    kubectl,
    lease: () => stored,
    /** Writes as somebody else would. */
    annotate: (annotations: Readonly<Record<string, string | null>>) => {
      if (stored !== undefined) write(merged(stored, { metadata: { annotations } }));
    },
    setHolder: (holderIdentity: string) => {
      if (stored !== undefined) write(merged(stored, { spec: { holderIdentity } }));
    },
    remove: () => {
      stored = undefined;
    },
    goAway: (away: boolean) => {
      isAway = away;
    },
  };
}

function merged(object: unknown, patch: unknown): Readonly<Record<string, unknown>> {
  const before = isRecord(object) ? object : {};
  if (!isRecord(patch)) return before;
  const changed = Object.entries(patch).map(([key, value]) => [
    key,
    isRecord(value) ? merged(before[key], value) : value,
  ]);
  const all = { ...before, ...Object.fromEntries(changed) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}
