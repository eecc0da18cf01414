import { type ApiRequest, invalid, notFound, ok, type Route } from "./router.ts";
import { readSarif } from "./sarif.ts";
import { linksOf } from "./shapes.ts";

const base = "/repos/{owner}/{repo}/code-scanning/sarifs";

/** Uploads of SARIF files. */
export const codeScanningRoutes: readonly Route[] = [
  { method: "POST", path: base, needs: ["security-events", "write"], handle: upload },
  { method: "GET", path: `${base}/{sarif_id}`, needs: ["security-events", "read"], handle: status },
];

function upload(request: ApiRequest) {
  const { commit_sha: commitSha, ref, sarif } = request.body;
  if (typeof commitSha !== "string" || !/^[0-9a-f]{40}$/.test(commitSha))
    return invalid("Sarif", "commit_sha");
  if (typeof ref !== "string" || !/^refs\/(heads|tags|pull)\/.+$/.test(ref))
    return invalid("Sarif", "ref", "invalid");
  if (typeof sarif !== "string") return invalid("Sarif", "sarif");
  const made = readSarif({ commitSha, ref, sarif });
  request.state.sarifs.push(made);
  const { api } = linksOf(request.state, request.apiUrl);
  return ok({ id: made.id, url: `${api}/code-scanning/sarifs/${made.id}` }, 202);
}

function status(request: ApiRequest) {
  const found = request.state.sarifs.find((one) => one.id === request.params.sarif_id);
  if (found === undefined) return notFound();
  const { api } = linksOf(request.state, request.apiUrl);
  const failed = found.errors.length > 0;
  return ok({
    processing_status: failed ? "failed" : "complete",
    analyses_url: failed ? null : `${api}/code-scanning/analyses?sarif_id=${found.id}`,
    errors: failed ? found.errors : null,
  });
}
