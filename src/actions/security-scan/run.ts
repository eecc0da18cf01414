import { byDigest, nameOf } from "../../domain/image/reference.ts";
import { judgeScan } from "../../domain/scan/judge.ts";
import { sarifOf } from "../../domain/scan/sarif.ts";
import type { ActionContext, ActionResult } from "../../platform/action.ts";
import type { Clock } from "../../platform/clock.ts";
import { type UploadOutcome, uploadSarif } from "../../platform/code-scanning.ts";
import { checkWritable, writeText } from "../../platform/document-input.ts";
import type { GithubApi } from "../../platform/github-api.ts";
import type { Http } from "../../platform/http.ts";
import { type ImageArchive, pullByDigest } from "../../platform/image-archive.ts";
import { findScanner, withPrivateFolder } from "../../platform/scanner-process.ts";
import { findSource } from "../../platform/source-folder.ts";
import type { ScanInputs } from "./inputs.ts";
import { scanResult } from "./report.ts";
import { type Prepared, runScanners } from "./scanners.ts";

export interface ScanPorts {
  readonly http: Http;
  readonly clock: Clock;
  readonly github: GithubApi;
}

/** The story: have folder, tools and image at hand, scan, judge what was found, hand the findings on. */
export async function securityScan(
  inputs: ScanInputs,
  context: ActionContext,
  ports: ScanPorts,
): Promise<ActionResult> {
  const temp = context.runner.env.RUNNER_TEMP ?? "/tmp";
  const sarifFile = inputs.sarifFile ?? `${temp}/sluice/security-scan.sarif`;
  await checkWritable("sarif-file", sarifFile);
  const startedAt = new Date(ports.clock.now()).toISOString();
  const scanned = await withPrivateFolder(context.runner, async (folder) =>
    runScanners(await prepare(inputs, context, { folder, http: ports.http }), {
      maxDatabaseAgeMs: inputs.maxDatabaseAgeMs,
      nowMs: ports.clock.now(),
    }),
  );
  const sarif = JSON.stringify(sarifOf(scanned.reports, { imageName: inputs.image?.repository }));
  await writeText(sarifFile, sarif);
  const upload = inputs.upload ? await handOver({ sarif, startedAt }, context, ports) : undefined;
  return scanResult(inputs, {
    ...scanned,
    verdict: judgeScan(scanned.reports, inputs.failOn),
    sarifFile,
    upload,
  });
}

interface Place {
  readonly folder: string;
  readonly http: Http;
}

/** What must be there before the first scanner starts: whatever of it cannot be had ends the step with a sentence. */
async function prepare(inputs: ScanInputs, context: ActionContext, place: Place): Promise<Prepared> {
  const source = await findSource("path", inputs.path, context.runner.env);
  const wanted = { context, folder: place.folder, timeoutMs: inputs.timeLimitMs };
  const has = (...names: readonly string[]) => inputs.scanners.some((scanner) => names.includes(scanner));
  const gitleaks = has("secrets") ? await findScanner("gitleaks", wanted) : undefined;
  const osv = has("dependencies", "image") ? await findScanner("osv-scanner", wanted) : undefined;
  const temp = context.runner.env.RUNNER_TEMP ?? "/tmp";
  return {
    scanners: inputs.scanners,
    source,
    gitleaks,
    osv: osv && {
      ...osv,
      database: inputs.database ?? `${temp}/sluice-vulnerability-database`,
      mayDownload: inputs.database === undefined,
    },
    image: inputs.image === undefined ? "" : byDigest(inputs.image, inputs.image.digest),
    archives: await pull(inputs, context, place),
  };
}

async function pull(
  { image, registryLogin }: ScanInputs,
  { runner, shell, signal, mask }: ActionContext,
  { folder, http }: Place,
): Promise<readonly ImageArchive[]> {
  if (image === undefined) return [];
  if (registryLogin?.kind === "password") mask(registryLogin.password);
  return runner.group(`Pull ${nameOf(image)} by digest`, () =>
    pullByDigest({
      reference: image,
      digest: image.digest,
      login: registryLogin,
      runner,
      shell,
      signal,
      http,
      folder,
    }),
  );
}

interface Findings {
  readonly sarif: string;
  readonly startedAt: string;
}

function handOver(
  findings: Findings,
  { runner, run }: ActionContext,
  { github, clock }: ScanPorts,
): Promise<UploadOutcome> {
  const ref = runner.env.GITHUB_REF ?? "";
  return uploadSarif(github, { ...findings, commit: run.commit, ref }, clock);
}
