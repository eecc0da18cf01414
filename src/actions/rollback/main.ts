import { CancelledError } from "../../core/errors.ts";
import { type ActionContext, runAction } from "../../platform/action.ts";
import { githubRunner } from "../../platform/github-runner.ts";
import { type RollbackInputs, readInputs } from "./inputs.ts";
import type { Parts } from "./world.ts";

export function main(): Promise<void> {
  return runAction("rollback", githubRunner, async (context) => {
    const inputs = await readInputs(context.runner);
    if (inputs.githubToken !== undefined) context.mask(inputs.githubToken);
    if (inputs.login?.kind === "password") context.mask(inputs.login.password);
    const [{ rollback }, { withCluster }] = await Promise.all([
      import("./run.ts"),
      import("../../platform/cluster-access.ts"),
    ]);
    return withCluster(context, inputs.access, async (cluster) => {
      const one = async (release: string) =>
        rollback({ ...inputs, release }, context, await partsOf({ ...inputs, release }, context, cluster));
      if (inputs.release !== "") return one(inputs.release);
      const { recoverAll } = await import("./recover-all.ts");
      return recoverAll(cluster, one);
    });
  });
}

async function partsOf(
  inputs: RollbackInputs,
  context: ActionContext,
  cluster: Parts["cluster"],
): Promise<Parts> {
  const [{ recordStore }, { githubApi }, { confirmWeight }, { systemClock }, { withLease }] =
    await Promise.all([
      import("../../platform/record-store.ts"),
      import("../../platform/github-api.ts"),
      import("../../platform/traffic-confirm.ts"),
      import("../../platform/clock.ts"),
      import("../../platform/lease.ts"),
    ]);
  return {
    cluster,
    store: recordStore(cluster.kubectl, inputs.release, cluster.namespace),
    withLease: (request, body) => withLease(cluster.kubectl, request, body),
    confirm: confirmWeight,
    clock: systemClock,
    late: lateAfter(context.signal),
    registryFor: (host) => registryOf(inputs, context, host),
    ...(inputs.githubToken === undefined
      ? {}
      : { github: githubApi(inputs.githubToken, context.runner.env) }),
  };
}

async function registryOf(inputs: RollbackInputs, context: ActionContext, host: string) {
  const [{ registry }, { credentialsFrom }, { http }] = await Promise.all([
    import("../../platform/registry.ts"),
    import("../../platform/registry-auth.ts"),
    import("../../platform/http.ts"),
  ]);
  const { runner, shell } = context;
  return registry({ http, credentials: credentialsFrom({ runner, shell, login: inputs.login, host }) });
}

// The runner kills a cancelled step after ten seconds; the record must be written before.
const graceMs = 6000;

function lateAfter(cancelled: AbortSignal): AbortSignal {
  const late = new AbortController();
  const end = () =>
    void setTimeout(() => late.abort(new CancelledError("The step was cancelled")), graceMs).unref();
  if (cancelled.aborted) end();
  else cancelled.addEventListener("abort", end, { once: true });
  return late.signal;
}
