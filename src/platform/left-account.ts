import { messageOf } from "../core/errors.ts";
import { at, numberAt, textAt } from "../core/json.ts";
import { type ManifestObject, workloadObjects } from "../domain/release/manifest.ts";
import type { Kubectl } from "./kubectl.ts";
import type { WatchEvent } from "./kubectl-watch.ts";
import { watchBeside } from "./watch-beside.ts";

export interface LeftAccounts {
  /** The manifest that the body applies. */
  readonly objects: readonly ManifestObject[];
  readonly say: (line: string) => void;
}

interface Left {
  readonly resource: string;
  readonly name: string;
  readonly account: string;
  readonly generation: number;
}

/**
 * Runs the body, in which Helm applies a manifest, and frees workloads from a service account that the manifest does
 * not name. The API server keeps each account under two names, `serviceAccountName` and the older `serviceAccount`,
 * and fills the one from the other: Helm takes the first away, the second brings it back, and pods that could not be
 * made for want of the account still cannot.
 */
export async function freeOfLeftAccounts<T>(
  kubectl: Kubectl,
  namespace: string,
  { objects, say, body }: LeftAccounts & { readonly body: () => Promise<T> },
): Promise<T> {
  const left = await findLeft(kubectl, namespace, objects);
  if (left.length === 0) return body();
  const freed = new Map<string, Promise<void>>();
  const free = (one: Left) => {
    const key = `${one.resource}/${one.name}`;
    if (!freed.has(key)) freed.set(key, freeOne(kubectl, namespace, { one, say }));
  };
  // Not before Helm has written: the version that is left would be rolled out once more.
  const watched = [...new Set(left.map(({ resource }) => resource))].map((resource) => ({
    resource,
    onEvent: (event: WatchEvent) => {
      if (event.type === "RESTARTED" || event.type === "DELETED") return;
      const name = textAt(event.object, "metadata", "name");
      const generation = numberAt(event.object, "metadata", "generation") ?? 0;
      for (const one of left)
        if (one.resource === resource && one.name === name && generation > one.generation) free(one);
    },
    onFailure: (error: unknown) =>
      say(`Service accounts of ${resource} cannot be watched: ${messageOf(error)}`),
  }));
  try {
    return await watchBeside(kubectl, namespace, { watched, body });
  } finally {
    for (const one of left) free(one);
    await Promise.all(freed.values());
  }
}

async function findLeft(
  kubectl: Kubectl,
  namespace: string,
  objects: readonly ManifestObject[],
): Promise<readonly Left[]> {
  const nameless = workloadObjects(objects).filter(({ body }) => accountOf(body) === undefined);
  const found = await Promise.all(
    nameless.map(async ({ kind, name }): Promise<readonly Left[]> => {
      const resource = `${kind.toLowerCase()}s.apps`;
      const live = await kubectl.get(resource, name, namespace);
      const account = accountOf(live);
      const generation = numberAt(live, "metadata", "generation") ?? 0;
      return account === undefined ? [] : [{ resource, name, account, generation }];
    }),
  );
  return found.flat();
}

function accountOf(workload: unknown): string | undefined {
  const spec = at(workload, "spec", "template", "spec");
  const account = textAt(spec, "serviceAccountName") || textAt(spec, "serviceAccount");
  return account === "" ? undefined : account;
}

async function freeOne(
  kubectl: Kubectl,
  namespace: string,
  { one, say }: { readonly one: Left; readonly say: (line: string) => void },
): Promise<void> {
  const { resource, name, account } = one;
  const spec = { serviceAccountName: null, serviceAccount: null };
  try {
    if (accountOf(await kubectl.get(resource, name, namespace)) === undefined) return;
    await kubectl.patch(resource, name, namespace, {
      type: "merge",
      patch: { spec: { template: { spec } } },
    });
    say(`${resource}/${name}: service account ${account} is taken away, which Helm leaves behind`);
  } catch (error) {
    say(`${resource}/${name} keeps service account ${account}: ${messageOf(error)}`);
  }
}
