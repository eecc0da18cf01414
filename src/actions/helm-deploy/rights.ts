import { combine, fail, pass, type Verdict } from "../../core/verdict.ts";
import type { ManifestObject } from "../../domain/release/manifest.ts";
import { type AccessAsk, deniedOf } from "../../platform/live-objects.ts";
import type { Rendered } from "./render.ts";
import type { Session } from "./session.ts";

/** Kinds that hooks are made of, as the API calls them. Others are not asked about. */
const hookResources: Readonly<Record<string, Omit<AccessAsk, "verb">>> = {
  Job: { group: "batch", resource: "jobs" },
  Pod: { group: "", resource: "pods" },
  ConfigMap: { group: "", resource: "configmaps" },
  Secret: { group: "", resource: "secrets" },
  ServiceAccount: { group: "", resource: "serviceaccounts" },
};

/**
 * Whether this identity may do what a dry run does not show: Helm writes its history into Secrets, and removes and
 * makes hooks. Found before the first write, since Helm finds it half-way.
 */
export async function neededRights({ cluster, inputs }: Session, rendered: Rendered): Promise<Verdict> {
  const asks = [...historyAsks, ...hookAsks(rendered.objects)];
  const denied = await deniedOf(cluster.kubectl, inputs.namespace, asks);
  const sentences = denied.map(({ verb, group, resource }) =>
    fail(
      `This identity may not ${verb} ${resource}${group === "" ? "" : ` of ${group}`} in namespace ${inputs.namespace}, which Helm must for release ${rendered.release}`,
    ),
  );
  return combine([pass, ...sentences]);
}

const secrets = { group: "", resource: "secrets" };
const historyAsks: readonly AccessAsk[] = ["create", "update"].map((verb) => ({ verb, ...secrets }));

function hookAsks(objects: readonly ManifestObject[]): readonly AccessAsk[] {
  const hooks = objects.filter(({ hookEvents }) =>
    hookEvents.some((event) => /-(install|upgrade)$/.test(event)),
  );
  const kinds = [...new Set(hooks.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const what = hookResources[kind];
    return what === undefined ? [] : ["create", "delete"].map((verb) => ({ verb, ...what }));
  });
}
