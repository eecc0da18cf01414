import { type ApiRequest, invalid, notFound, ok, pageOf, type Route } from "./router.ts";
import { linksOf, nodeId, userShape } from "./shapes.ts";
import type { CommentState, IssueState } from "./state.ts";

const base = "/repos/{owner}/{repo}/issues";

/** Issues and their comments. */
export const issueRoutes: readonly Route[] = [
  { method: "GET", path: base, needs: ["issues", "read"], handle: list },
  { method: "POST", path: base, needs: ["issues", "write"], handle: create },
  { method: "GET", path: `${base}/{issue_number}`, needs: ["issues", "read"], handle: getOne },
  { method: "PATCH", path: `${base}/{issue_number}`, needs: ["issues", "write"], handle: update },
  { method: "GET", path: `${base}/{issue_number}/comments`, needs: ["issues", "read"], handle: listComments },
  { method: "POST", path: `${base}/{issue_number}/comments`, needs: ["issues", "write"], handle: comment },
];

function list(request: ApiRequest) {
  const state = request.query.get("state") ?? "open";
  const labels = (request.query.get("labels") ?? "").split(",").filter((label) => label !== "");
  const matching = request.state.issues.filter(
    (issue) =>
      (state === "all" || issue.state === state) && labels.every((label) => issue.labels.includes(label)),
  );
  return ok(pageOf(matching.toReversed(), request.query).map((issue) => issueShape(issue, request)));
}

function create(request: ApiRequest) {
  const { state, body, grant } = request;
  const { title } = body;
  if (typeof title !== "string" || title === "") return invalid("Issue", "title");
  const now = state.now();
  const made: IssueState = {
    id: state.nextId(),
    number: state.issues.length + 1,
    title,
    body: typeof body.body === "string" ? body.body : null,
    state: "open",
    labels: labelsOf(body.labels),
    creator: grant.actor,
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    comments: [],
  };
  state.issues.push(made);
  return ok(issueShape(made, request), 201);
}

function getOne(request: ApiRequest) {
  const issue = find(request);
  return issue === undefined ? notFound() : ok(issueShape(issue, request));
}

function update(request: ApiRequest) {
  const issue = find(request);
  if (issue === undefined) return notFound();
  const { title, body, state, labels } = request.body;
  if (typeof title === "string") issue.title = title;
  if (typeof body === "string") issue.body = body;
  if (Array.isArray(labels)) issue.labels = labelsOf(labels);
  if (state === "open" || state === "closed") {
    issue.state = state;
    issue.closedAt = state === "closed" ? request.state.now() : null;
  }
  issue.updatedAt = request.state.now();
  return ok(issueShape(issue, request));
}

function listComments(request: ApiRequest) {
  const issue = find(request);
  if (issue === undefined) return notFound();
  return ok(pageOf(issue.comments, request.query).map((one) => commentShape(one, issue, request)));
}

function comment(request: ApiRequest) {
  const { state, body, grant } = request;
  const issue = find(request);
  if (issue === undefined) return notFound();
  if (typeof body.body !== "string") return invalid("IssueComment", "body");
  const made = { id: state.nextId(), body: body.body, creator: grant.actor, createdAt: state.now() };
  issue.comments.push(made);
  return ok(commentShape(made, issue, request), 201);
}

function find({ state, params }: ApiRequest): IssueState | undefined {
  return state.issues.find((issue) => issue.number === Number(params.issue_number));
}

function labelsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((label) => typeof label === "string") : [];
}

function issueShape(issue: IssueState, { state, apiUrl }: ApiRequest) {
  const { api, web } = linksOf(state, apiUrl);
  const url = `${api}/issues/${issue.number}`;
  return {
    id: issue.id,
    node_id: nodeId("Issue", issue.id),
    url,
    repository_url: api,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: `${web}/issues/${issue.number}`,
    number: issue.number,
    state: issue.state,
    state_reason: issue.state === "closed" ? "completed" : null,
    title: issue.title,
    body: issue.body,
    user: userShape(state, issue.creator, apiUrl),
    labels: issue.labels.map((name) => ({ name, color: "ededed", default: false, description: null })),
    assignee: null,
    assignees: [],
    milestone: null,
    locked: false,
    active_lock_reason: null,
    comments: issue.comments.length,
    closed_at: issue.closedAt,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    author_association: "NONE",
  };
}

function commentShape(one: CommentState, issue: IssueState, { state, apiUrl }: ApiRequest) {
  const { api, web } = linksOf(state, apiUrl);
  return {
    id: one.id,
    node_id: nodeId("IssueComment", one.id),
    url: `${api}/issues/comments/${one.id}`,
    html_url: `${web}/issues/${issue.number}#issuecomment-${one.id}`,
    issue_url: `${api}/issues/${issue.number}`,
    body: one.body,
    user: userShape(state, one.creator, apiUrl),
    created_at: one.createdAt,
    updated_at: one.createdAt,
    author_association: "NONE",
  };
}
