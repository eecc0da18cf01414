import type { RunningTraffic } from "../../../src/rehearsal/traffic.ts";
import type { ActionInputs, ActionRun, RunningAction, RunOptions, Stand } from "../delivery/stand.ts";

type Faults = Readonly<Record<string, string>>;

/** What every version does unless a case says otherwise: 2 % errors, 20 ms of work with a tail. */
const usual: Faults = { ERROR_SHARE: "0.02", WORK_MS: "20" };

const metricsOf = (namespace: string, toleratedLatency: number) => `- name: error-rate
  errors: requests_total{namespace="${namespace}",code="500",{{arm}}}
  requests: requests_total{namespace="${namespace}",{{arm}}}
  limit: 10%
- name: latency
  buckets: request_seconds_bucket{namespace="${namespace}",{{arm}}}
  limit: p95 500ms
  tolerated-ratio: ${toleratedLatency}
`;

/** A service under even traffic, whose versions are tried as canaries one after the other. */
export class Service {
  readonly stand: Stand;
  readonly traffic: string;
  readonly prober: RunningTraffic;
  /** Up to so many times as slow is tolerated. */
  toleratedLatency = 1.2;

  private constructor(stand: Stand, traffic: string, prober: RunningTraffic) {
    this.stand = stand;
    this.traffic = traffic;
    this.prober = prober;
  }

  /** Serves version 1, and has served it for long enough that there is something to compare with. */
  static async start(stand: Stand, requestsPerSecond = 100): Promise<Service> {
    const traffic = await stand.route();
    const image = await stand.image("1", usual);
    const first = { image, version: "1" };
    await stand.mustPass("helm-deploy", first);
    await stand.mustPass("helm-deploy", { ...first, phase: "finish", ...(await stand.gate(image)) });
    stand.nextRun();
    const prober = await stand.probe({ requestsPerSecond });
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    return new Service(stand, traffic, prober);
  }

  /** Deploys a version as a candidate without traffic. */
  async deploy(version: string, faults: Faults = {}): Promise<ActionInputs> {
    const image = await this.stand.image(version, { ...usual, ...faults });
    const inputs = {
      image,
      version,
      strategy: "canary",
      traffic: this.traffic,
      "candidate-set": "{track: candidate}",
    };
    await this.stand.mustPass("helm-deploy", inputs);
    return inputs;
  }

  startRamp(
    deployed: ActionInputs,
    told: ActionInputs = {},
    options: RunOptions = {},
  ): Promise<RunningAction> {
    const { stand, traffic } = this;
    return stand.start(
      "canary-analyze",
      {
        mode: "ramp",
        traffic,
        image: deployed.image ?? "",
        metrics: metricsOf(stand.namespace, this.toleratedLatency),
        "prometheus-url": stand.world.prometheusUrl,
        baseline: 'track="stable"',
        candidate: 'track="candidate"',
        interval: "5s",
        "longest-interval": "5s",
        "step-interval": "40s",
        "minimum-requests": "20",
        ...told,
      },
      options,
    );
  }

  async ramp(deployed: ActionInputs, told: ActionInputs = {}): Promise<ActionRun> {
    const running = await this.startRamp(deployed, told);
    return running.done;
  }

  /** Makes a candidate the stable version, by the evidence of its ramp, and ends the run. */
  async promote(deployed: ActionInputs, ramp: ActionRun): Promise<void> {
    const evidence = ramp.outputs.report ?? "";
    await this.stand.mustPass("helm-deploy", { ...deployed, phase: "promote", evidence });
    const gate = await this.stand.gate(String(deployed.image));
    await this.stand.mustPass("helm-deploy", { ...deployed, phase: "finish", ...gate });
    this.stand.nextRun();
  }
}

/** The shares that the steps of a ramp had, in order, and how the last one ended. */
export function stepsOf(run: ActionRun): readonly { readonly weight: number; readonly ended: string }[] {
  return (run.evidence?.details.steps ?? []) as unknown as readonly { weight: number; ended: string }[];
}
