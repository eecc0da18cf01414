import type { Json } from "../../core/json.ts";
import type { DeployRecord } from "./record.ts";

/** What a GitHub Deployment tells about its attempt, for whoever reads GitHub's API and not the cluster. */
export function deploymentPayload(record: DeployRecord): Readonly<Record<string, Json | undefined>> {
  return {
    record: record.id,
    release: record.release,
    namespace: record.namespace,
    environment: record.environment,
    strategy: record.strategy,
    digest: record.digest,
    version: record.version,
    images: [...record.images],
    chart: record.chart,
    chartDigest: record.chartDigest,
    manifestDigest: record.manifestDigest,
    valuesDigest: record.valuesDigest,
    commit: record.commit,
    previousCommit: record.previousCommit,
    previousRecord: record.previousRecord,
    schemaLevel: record.schemaLevel,
    actor: record.actor,
    approver: record.approver,
    run: record.run.id,
    attempt: record.run.attempt,
    startedAt: record.startedAt,
  };
}
