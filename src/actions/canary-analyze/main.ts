import type { Traffic } from "../../domain/traffic/traffic.ts";
import { type ActionContext, type ActionResult, runAction } from "../../platform/action.ts";
import { githubRunner } from "../../platform/github-runner.ts";
import type { Kubectl } from "../../platform/kubectl.ts";
import type { BacktestInputs } from "./backtest-inputs.ts";
import { type CanaryInputs, readInputsOfMode } from "./inputs.ts";
import type { StoryPorts } from "./story.ts";
import type { WeightParts } from "./weights.ts";

export function main(): Promise<void> {
  return runAction("canary-analyze", githubRunner, async (context) => {
    const inputs = await readInputsOfMode(context.runner, context.runner.env);
    if (inputs.mode === "replay") {
      const { replayEvidence } = await import("./replay.ts");
      return replayEvidence(inputs);
    }
    if (inputs.mode === "backtest") return await backtested(inputs, context);
    const [{ canaryAnalyze }, ports] = await Promise.all([import("./story.ts"), portsOf(context, inputs)]);
    return canaryAnalyze(inputs, context, ports);
  });
}

async function backtested(inputs: BacktestInputs, context: ActionContext): Promise<ActionResult> {
  const [{ runBacktest }, { openSource }] = await Promise.all([
    import("./backtest.ts"),
    import("./source.ts"),
  ]);
  return await runBacktest(inputs, {
    ...(await openSource(inputs, { mask: context.mask, aheadMs: 0 })),
    signal: context.signal,
    say: (line) => context.runner.info(line),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
  });
}

async function portsOf(context: ActionContext, inputs: CanaryInputs): Promise<StoryPorts> {
  const { openSource } = await import("./source.ts");
  return {
    ...(await openSource(inputs, {
      mask: context.mask,
      aheadMs: inputs.mode === "analyze" ? inputs.durationMs : 0,
    })),
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
              ...carryOf(context, { kubectl, namespace, release, traffic }),
              ...(inputs.digest === undefined ? {} : { digest: inputs.digest }),
            }),
            lease,
          ),
        ),
      );
    },
  };
}

interface Carrying {
  readonly kubectl: Kubectl;
  readonly namespace: string;
  readonly release: string;
  readonly traffic: Traffic;
}

// Nodes may have to be added first. A step of the ramp waits as long as a pod may wait for one by default.
const carryBudgetMs = 4 * 60_000;

function carryOf(
  { runner }: ActionContext,
  { kubectl, namespace, release, traffic }: Carrying,
): Pick<WeightParts, "carry" | "sustain"> {
  // Where shares are pods, setting the weight is scaling.
  if (traffic.provider === "replicas") return {};
  const request = (candidateRelease: string, percent: number) => ({
    stable: { service: traffic.stable.service, release },
    candidate: { service: traffic.candidate.service, release: candidateRelease },
    percent,
    say: (line: string) => runner.info(line),
  });
  return {
    carry: async (candidateRelease, percent, signal) => {
      const [{ carryWeight }, { systemClock: clock }] = await Promise.all([
        import("../../platform/carry-weight.ts"),
        import("../../platform/clock.ts"),
      ]);
      const limits = { budgetMs: carryBudgetMs, clock, signal };
      await carryWeight(kubectl, namespace, { ...request(candidateRelease, percent), ...limits });
    },
    sustain: async (candidateRelease, percent) => {
      const { sustainWeight } = await import("../../platform/carry-weight.ts");
      await sustainWeight(kubectl, namespace, request(candidateRelease, percent));
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
