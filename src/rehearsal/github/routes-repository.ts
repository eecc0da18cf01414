import {
  changedFiles,
  commitsBetween,
  type GitCommit,
  mergeBase,
  readCommit,
  resolveRef,
} from "./git-history.ts";
import { type ApiRequest, invalid, notFound, ok, problem, type Route } from "./router.ts";
import { fullRepository, linksOf, nodeId } from "./shapes.ts";

const repo = "/repos/{owner}/{repo}";

/** The repository, its commits and its refs. */
export const repositoryRoutes: readonly Route[] = [
  { method: "GET", path: repo, handle: ({ state, apiUrl }) => ok(fullRepository(state, apiUrl)) },
  { method: "GET", path: `${repo}/commits/{ref}`, needs: ["contents", "read"], handle: getCommit },
  { method: "GET", path: `${repo}/compare/{basehead}`, needs: ["contents", "read"], handle: compare },
  { method: "GET", path: `${repo}/git/ref/{ref}`, needs: ["contents", "read"], handle: getRef },
  { method: "POST", path: `${repo}/git/refs`, needs: ["contents", "write"], handle: createRef },
];

function getCommit(request: ApiRequest) {
  const commit = readCommit(request.state.repository.folder, request.params.ref ?? "");
  if (commit === undefined) return problem(422, `No commit found for SHA: ${request.params.ref}`);
  const [parent] = commit.parents;
  const files = parent === undefined ? [] : fileShapes(request, parent, commit.sha);
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  const stats = { additions, deletions, total: additions + deletions };
  return ok({ ...commitShape(commit, request), stats, files });
}

function compare(request: ApiRequest) {
  const { folder } = request.state.repository;
  const [base, head] = (request.params.basehead ?? "").split("...");
  const baseCommit = readCommit(folder, base ?? "");
  const headCommit = readCommit(folder, head ?? "");
  if (baseCommit === undefined || headCommit === undefined) return notFound();
  const common = readCommit(folder, mergeBase(folder, baseCommit.sha, headCommit.sha) ?? baseCommit.sha);
  const ahead = commitsBetween(folder, baseCommit.sha, headCommit.sha);
  const behind = commitsBetween(folder, headCommit.sha, baseCommit.sha);
  const { api, web } = linksOf(request.state, request.apiUrl);
  const range = `${base}...${head}`;
  return ok({
    url: `${api}/compare/${range}`,
    html_url: `${web}/compare/${range}`,
    permalink_url: `${web}/compare/${range}`,
    diff_url: `${web}/compare/${range}.diff`,
    patch_url: `${web}/compare/${range}.patch`,
    base_commit: commitShape(baseCommit, request),
    merge_base_commit: commitShape(common ?? baseCommit, request),
    status: relation(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: ahead.map((commit) => commitShape(commit, request)),
    files: fileShapes(request, common?.sha ?? baseCommit.sha, headCommit.sha),
  });
}

function relation(ahead: number, behind: number): "identical" | "ahead" | "behind" | "diverged" {
  if (ahead > 0) return behind > 0 ? "diverged" : "ahead";
  return behind > 0 ? "behind" : "identical";
}

function getRef(request: ApiRequest) {
  const ref = `refs/${request.params.ref ?? ""}`;
  const sha = request.state.refs.get(ref) ?? resolveRef(request.state.repository.folder, ref);
  return sha === undefined ? notFound() : ok(refShape(request, ref, sha));
}

function createRef(request: ApiRequest) {
  const { ref, sha } = request.body;
  if (typeof ref !== "string" || !/^refs\/.+\/?.+/.test(ref)) return invalid("Reference", "ref", "invalid");
  if (typeof sha !== "string" || readCommit(request.state.repository.folder, sha) === undefined) {
    return problem(422, "Object does not exist");
  }
  const known = request.state.refs.get(ref) ?? resolveRef(request.state.repository.folder, ref);
  if (known !== undefined) return problem(422, "Reference already exists");
  request.state.refs.set(ref, sha);
  return ok(refShape(request, ref, sha), 201);
}

function refShape({ state, apiUrl }: ApiRequest, ref: string, sha: string) {
  const { api } = linksOf(state, apiUrl);
  const object = { type: "commit", sha, url: `${api}/git/commits/${sha}` };
  return { ref, node_id: Buffer.from(ref).toString("base64url"), url: `${api}/git/${ref}`, object };
}

/** A commit as GitHub shows it. */
function commitShape(commit: GitCommit, { state, apiUrl }: ApiRequest) {
  const { api, web } = linksOf(state, apiUrl);
  const person = { name: commit.authorName, email: commit.authorEmail, date: commit.authoredAt };
  return {
    sha: commit.sha,
    node_id: nodeId(`Commit:${commit.sha}`, state.repository.id),
    url: `${api}/commits/${commit.sha}`,
    html_url: `${web}/commit/${commit.sha}`,
    comments_url: `${api}/commits/${commit.sha}/comments`,
    commit: {
      author: person,
      committer: person,
      message: commit.message,
      comment_count: 0,
      url: `${api}/git/commits/${commit.sha}`,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      verification: {
        verified: false,
        reason: "unsigned",
        payload: null,
        signature: null,
        verified_at: null,
      },
    },
    author: null,
    committer: null,
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${web}/commit/${sha}`,
    })),
  };
}

function fileShapes({ state, apiUrl }: ApiRequest, base: string, head: string) {
  const { api, web } = linksOf(state, apiUrl);
  return changedFiles(state.repository.folder, base, head).map(({ filename, additions, deletions }) => ({
    sha: head,
    filename,
    status: "modified",
    additions,
    deletions,
    changes: additions + deletions,
    blob_url: `${web}/blob/${head}/${encodeURIComponent(filename)}`,
    raw_url: `${web}/raw/${head}/${encodeURIComponent(filename)}`,
    contents_url: `${api}/contents/${encodeURIComponent(filename)}?ref=${head}`,
  }));
}
