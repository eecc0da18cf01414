import { basicAuthorization } from "../cluster/registry.ts";
import type { Stage } from "../stage.ts";
import { answered, neverStarted, noRequestLost, productionServes, runEnded, saidNo } from "./expectations.ts";
import { bake, writeNote } from "./note.ts";
import type { Outcome, Scenario } from "./scenario.ts";

function stoppedInStaging(outcome: Outcome, job: string, reason: RegExp): readonly string[] {
  return [
    ...runEnded(outcome, "failure"),
    ...saidNo(outcome, job),
    ...answered(outcome, "helm-deploy", { verdict: "fail", reason }),
    ...neverStarted(outcome, "production/deploy"),
    ...productionServes(outcome, "old"),
    ...noRequestLost(outcome),
  ];
}

export const crashOnStart: Scenario = {
  name: "crash-on-start",
  breaks: "the new version crashes at its start",
  change: bake({ crashAtStart: true }),
  judge: (outcome) => stoppedInStaging(outcome, "staging/deploy", /crash|exit/i),
};

export const failingMigration: Scenario = {
  name: "failing-migration",
  breaks: "the migration before the upgrade fails",
  change: bake({ failMigration: true }),
  judge: (outcome) => [
    ...stoppedInStaging(outcome, "staging/deploy", /hook|migrat/i),
    ...(outcome.production.stagingWorkloads === 0 ? [] : ["the workloads of staging were touched"]),
  ],
};

/** The manifest goes away between the tag and the deploy, as a clean-up job of a registry does it. */
export const brokenImage: Scenario = {
  name: "broken-image",
  breaks: "the image's manifest is deleted after it was tagged",
  change: writeNote("Never to be seen"),
  during: async (event, { stage }) => {
    if (event.kind !== "job-ended" || !event.job.endsWith("build/tag")) return;
    await deleteManifest(stage, event.result.outputs.digest ?? "");
  },
  judge: (outcome) => [
    ...runEnded(outcome, "failure"),
    ...answered(outcome, "helm-deploy", { verdict: "fail", reason: /registry|image|manifest/i }),
    ...neverStarted(outcome, "production/deploy"),
    ...productionServes(outcome, "old"),
    ...noRequestLost(outcome),
  ],
};

async function deleteManifest(stage: Stage, digest: string): Promise<void> {
  const url = `http://${stage.world.registry.host}/v2/acme/web/manifests/${digest}`;
  const headers = { authorization: basicAuthorization(stage.world.registry) };
  const answer = await fetch(url, { method: "DELETE", headers });
  if (!answer.ok) throw new Error(`The registry refused to delete ${digest}: ${answer.status}`);
}

const caller = ".github/workflows/deploy-by-tag.yml";

/**
 * A team that resolves the digest from a tag by itself, after the scan. Somebody pushes another image under the tag in
 * between: the evidence then names the first one, the deploy is asked to take the second.
 */
export const swappedDigest: Scenario = {
  name: "swapped-digest",
  breaks: "another image is pushed under the same tag after the scan",
  workflow: caller,
  change: async ({ application }) => {
    const standard = await application.read(".github/workflows/deploy.yml");
    await application.write(caller, deployByTag(standard));
    return undefined;
  },
  judge: (outcome) => [
    ...runEnded(outcome, "failure"),
    ...saidNo(outcome, "staging/plan"),
    ...answered(outcome, "helm-deploy", { verdict: "fail", reason: /names sha256/ }),
    ...productionServes(outcome, "old"),
    ...noRequestLost(outcome),
  ],
};

/** The standard caller for one environment, made to deploy what the tag names now, into staging. */
function deployByTag(standard: string): string {
  const resolve = `  somebody-else:
    needs: build
    runs-on: ubuntu-24.04
    steps:
      - env:
          TAG: \${{ github.sha }}
          API: http://\${{ vars.REGISTRY }}/v2
          LOGIN: \${{ vars.REGISTRY_USERNAME }}:\${{ secrets.REGISTRY_PASSWORD }}
          KIND: application/vnd.oci.image.manifest.v1+json
        run: |
          curl -sf -u "$LOGIN" -H "Accept: $KIND" "$API/base/node/manifests/24" > other.json
          for blob in $(grep -o 'sha256:[0-9a-f]*' other.json); do
            curl -sf -u "$LOGIN" -X POST "$API/acme/web/blobs/uploads/?mount=$blob&from=base/node"
          done
          curl -sf -u "$LOGIN" -X PUT -H "Content-Type: $KIND" --data-binary @other.json "$API/acme/web/manifests/$TAG"

  resolve:
    needs: somebody-else
    runs-on: ubuntu-24.04
    outputs:
      image: \${{ steps.resolve.outputs.image }}
    steps:
      - id: resolve
        env:
          TAG: \${{ github.sha }}
          REGISTRY: \${{ vars.REGISTRY }}
          LOGIN: \${{ vars.REGISTRY_USERNAME }}:\${{ secrets.REGISTRY_PASSWORD }}
          KIND: application/vnd.oci.image.manifest.v1+json
        run: |
          digest=$(curl -sfI -u "$LOGIN" -H "Accept: $KIND" "http://$REGISTRY/v2/acme/web/manifests/$TAG" |
            tr -d '\\r' | awk 'tolower($1) == "docker-content-digest:" {print $2}')
          echo "image=$REGISTRY/acme/web@$digest" >> "$GITHUB_OUTPUT"

`;
  return standard
    .replace("name: deploy", "name: deploy-by-tag")
    .replace("  production:\n    needs: build", `${resolve}  staging:\n    needs: [build, resolve]`)
    .replaceAll("environment: production", "environment: staging")
    .replace("production-plan", "staging-plan")
    .replace("production-recovery", "staging-recovery")
    .replace("namespace: production", "namespace: staging\n      approval: none")
    .replace("values-production", "values-staging")
    .replace("needs.build.outputs.image", "needs.resolve.outputs.image")
    .replaceAll("PRODUCTION_", "STAGING_");
}
