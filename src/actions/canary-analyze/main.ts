import { type ActionContext, runAction } from "../../platform/action.ts";
import { githubRunner } from "../../platform/github-runner.ts";
import { type CanaryInputs, readInputs } from "./inputs.ts";
import type { StoryPorts } from "./story.ts";

export function main(): Promise<void> {
  return runAction("canary-analyze", githubRunner, async (context) => {
    const inputs = await readInputs(context.runner, context.runner.env);
    const [{ canaryAnalyze }, ports] = await Promise.all([import("./story.ts"), portsOf(context, inputs)]);
    return canaryAnalyze(inputs, context, ports);
  });
}

async function portsOf(context: ActionContext, inputs: CanaryInputs): Promise<StoryPorts> {
  const [{ systemClock }, { prometheus }, { http }] = await Promise.all([
    import("../../platform/clock.ts"),
    import("../../platform/prometheus.ts"),
    import("../../platform/http.ts"),
  ]);
  return {
    clock: systemClock,
    metrics: prometheus(inputs.prometheusUrl, http),
    withWeights: async ({ access, release, traffic }, body) => {
      const [{ withCluster }, { withLease, leaseHolder }, { trafficSwitch }, { recordStore }, { weightsOf }] =
        await Promise.all([
          import("../../platform/cluster-access.ts"),
          import("../../platform/lease.ts"),
          import("../../platform/traffic.ts"),
          import("../../platform/record-store.ts"),
          import("./weights.ts"),
        ]);
      const { repository, runId: id, attempt, job } = context.run;
      const holder = leaseHolder(context.run, "canary-analyze ramp");
      return await withCluster(context, access, ({ kubectl, namespace }) =>
        withLease(kubectl, { release, namespace, holder, ...ears(context) }, (lease) =>
          body(
            weightsOf({
              traffic,
              switch: trafficSwitch(kubectl, traffic, namespace),
              store: recordStore(kubectl, release, namespace),
              release,
              run: { repository, id, attempt, job },
              now: () => Date.now(),
              ...(inputs.digest === undefined ? {} : { digest: inputs.digest }),
            }),
            lease,
          ),
        ),
      );
    },
  };
}

function ears({ runner, signal }: ActionContext) {
  return {
    signal,
    // Without a token nobody can be asked: a Lease in other hands is free when it is given back or has expired.
    isOver: async () => undefined,
    say: (line: string) => runner.info(line),
    warn: (message: string) => runner.annotate({ level: "warning", message }),
  };
}
