import { OutsideError } from "../core/errors.ts";
import type { RunEvent } from "./runner/events.ts";
import { runWorkflow } from "./runner/run.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { type Stage, sluiceRepository } from "./stage.ts";

/** A version that serves before the scenario begins. */
export interface StableVersion {
  readonly commit: string;
  readonly digest: string;
}

const built = new Map<string, string>();

/**
 * Brings a healthy version into production by our single actions, without our workflows and without a canary, and has
 * it recorded as good. Images are built once per world.
 */
export async function installStable(
  stage: Stage,
  { before, stableFaults: faults, strategy }: Pick<Scenario, "before" | "stableFaults" | "strategy">,
  onEvent: (event: RunEvent) => void,
): Promise<StableVersion> {
  const key = JSON.stringify(faults ?? {});
  await before?.(stage);
  await stage.application.setFaults(faults);
  await stage.application.write(
    ".github/workflows/install-stable.yml",
    workflow(stage, { known: built.get(key), strategy }),
  );
  const commit = await stage.application.commit("The version that serves");
  const result = await runWorkflow({
    ...stage.runBase,
    app: { ...stage.runBase.app, sha: commit },
    workflow: ".github/workflows/install-stable.yml",
    event: { name: "workflow_dispatch" },
    onEvent,
    approve: () => Promise.reject(new Error("Setting the stage asks nobody")),
  });
  const digest = result.jobs[0]?.outputs.digest ?? "";
  if (result.conclusion !== "success" || digest === "") {
    throw new OutsideError(
      `The stable version could not be installed: the run ended as ${result.conclusion}`,
    );
  }
  built.set(key, digest);
  return { commit, digest };
}

interface Known {
  readonly known: string | undefined;
  readonly strategy: Scenario["strategy"];
}

function workflow(stage: Stage, { known, strategy }: Known): string {
  const action = (name: string) =>
    `${sluiceRepository}/actions/${name}@0000000000000000000000000000000000000000`;
  const image = known === undefined ? "${{ steps.build.outputs.image }}" : `${stage.image}@${known}`;
  const build = `      - id: build
        name: Build
        uses: ${action("build-push")}
        with:
          image: ${stage.image}
          build-args: |
            \${{ vars.BUILD_ARGS }}
            VERSION=\${{ github.sha }}
          registry-username: \${{ vars.REGISTRY_USERNAME }}
          registry-password: \${{ secrets.REGISTRY_PASSWORD }}
`;
  const deploy = `          release: web
          namespace: production
          chart: chart
          values: values-production.yaml
          image: ${image}
          strategy: ${strategy ?? "rolling"}
          traffic: ${strategy === undefined ? '""' : "traffic-production.yaml"}
          approval: none
          kubeconfig: \${{ secrets.SETUP_KUBECONFIG }}
          registry-username: \${{ vars.REGISTRY_USERNAME }}
          registry-password: \${{ secrets.REGISTRY_PASSWORD }}
`;
  return `name: install-stable
on: workflow_dispatch
permissions: {}
jobs:
  install:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    outputs:
      digest: ${known ?? "${{ steps.build.outputs.digest }}"}
    steps:
      - name: Check out
        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
        with:
          persist-credentials: false
${known === undefined ? build : ""}      - name: Deploy
        uses: ${action("helm-deploy")}
        with:
          phase: deploy
${deploy}      - id: smoke
        name: Smoke test
        uses: ${action("smoke-test")}
        with:
          base-url: \${{ vars.PRODUCTION_URL }}
          headers: \${{ vars.PRODUCTION_HEADERS }}
          image: ${image}
          tests: |
            - name: ready
              request: { method: GET, path: /ready }
              expect: { status: 200 }
      - name: Record
        uses: ${action("helm-deploy")}
        with:
          phase: finish
          evidence: \${{ steps.smoke.outputs.report }}
          require: smoke-test
${deploy}`;
}
