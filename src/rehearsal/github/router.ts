import type { GithubState } from "./state.ts";
import type { TokenGrant } from "./tokens.ts";

/** What a handler is told. */
export interface ApiRequest {
  readonly state: GithubState;
  readonly grant: TokenGrant;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly apiUrl: string;
}

/** What goes back. */
export interface ApiAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** One endpoint: its path as in GitHub's description, and the permission of the token it needs. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly path: string;
  readonly needs?: readonly [scope: string, level: "read" | "write"];
  handle(request: ApiRequest): ApiAnswer;
}

/** The route of a path, with what its placeholders stand for. */
export function findRoute(routes: readonly Route[], method: string, path: string) {
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = matchPath(route.path, path);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const names: string[] = [];
  const source = pattern.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    names.push(name);
    // Refs contain slashes; the description gives them the last place of their paths.
    return name === "ref" || name === "basehead" ? "(.+)" : "([^/]+)";
  });
  const found = new RegExp(`^${source}$`).exec(path);
  if (found === null) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")]));
}

/** Whether a token may do what a route needs. */
export function isAllowed(route: Route, grant: TokenGrant): boolean {
  if (route.needs === undefined) return true;
  const [scope, level] = route.needs;
  const has = grant.permissions[scope];
  return has === "write" || has === level;
}

/** An answer with a body. */
export function ok(body: unknown, status = 200): ApiAnswer {
  return { status, body };
}

/** GitHub's words for what it does not find, or does not show. */
export function notFound(): ApiAnswer {
  return problem(404, "Not Found");
}

/** GitHub's words for a body it cannot use. */
export function invalid(resource: string, field: string, code = "missing_field"): ApiAnswer {
  const errors = [{ resource, field, code }];
  return {
    status: 422,
    body: { message: "Validation Failed", errors, documentation_url: docs, status: "422" },
  };
}

const docs = "https://docs.github.com/rest";

/** An error in GitHub's form. */
export function problem(status: number, message: string): ApiAnswer {
  return { status, body: { message, documentation_url: docs, status: String(status) } };
}

/** The page of a list that was asked for. */
export function pageOf<T>(items: readonly T[], query: URLSearchParams): readonly T[] {
  const size = Math.min(Math.max(Number(query.get("per_page") ?? 30) || 30, 1), 100);
  const page = Math.max(Number(query.get("page") ?? 1) || 1, 1);
  return items.slice((page - 1) * size, page * size);
}
