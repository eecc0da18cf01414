import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { ArtifactStore } from "./artifact-store.ts";
import { createIssuer, type IdClaims } from "./issuer.ts";
import { type ApiAnswer, findRoute, isAllowed, notFound, problem, type Route } from "./router.ts";
import { codeScanningRoutes } from "./routes-code-scanning.ts";
import { deploymentRoutes } from "./routes-deployments.ts";
import { environmentRoutes } from "./routes-environments.ts";
import { issueRoutes } from "./routes-issues.ts";
import { repositoryRoutes } from "./routes-repository.ts";
import { runRoutes } from "./routes-runs.ts";
import { type GithubSeed, type GithubState, seedState } from "./state.ts";
import { type TokenGrant, Tokens } from "./tokens.ts";

/** How a stand-in is started. */
export interface GithubOptions extends GithubSeed {
  /** Port of the API; 0 or absent takes a free one. */
  readonly port?: number;
  readonly issuerPort?: number;
  /** PEM; with both, the issuer speaks https, as a Kubernetes API server demands. */
  readonly tlsKey?: string;
  readonly tlsCert?: string;
  /** The name in the issuer's certificate; 127.0.0.1 when absent. */
  readonly issuerHost?: string;
  readonly artifactFolder: string;
}

/** A running stand-in for GitHub's API, its issuer of ID tokens and its store of artifacts. */
export interface Github {
  readonly apiUrl: string;
  readonly issuerUrl: string;
  readonly state: GithubState;
  readonly artifacts: ArtifactStore;
  /** A token for one job, limited to its permissions. */
  issueToken(grant: TokenGrant): string;
  revokeToken(token: string): void;
  /** What a job with `id-token: write` gets in its environment. */
  grantIdTokens(claims: IdClaims): { readonly url: string; readonly token: string };
  revokeIdTokens(token: string): void;
  /** The grant of a token, if it is alive. */
  grantOf(token: string): TokenGrant | undefined;
  close(): Promise<void>;
}

const tokenPath = "/_id-token";

/** Every endpoint the stand-in answers. */
export const routes: readonly Route[] = [
  ...repositoryRoutes,
  ...environmentRoutes,
  ...runRoutes,
  ...deploymentRoutes,
  ...codeScanningRoutes,
  ...issueRoutes,
];

/** Starts the stand-in on 127.0.0.1. */
export async function startGithub(options: GithubOptions): Promise<Github> {
  const state = seedState(options);
  const tokens = new Tokens();
  const { tlsKey: key, tlsCert: cert, issuerHost = "127.0.0.1" } = options;
  const isTls = key !== undefined && cert !== undefined;
  let apiUrl = "";
  let issuerUrl = "";
  const issuer = createIssuer(() => issuerUrl, options.now ?? (() => new Date()));
  const answerApi = answerWith((request, body) => handle(request, body, { state, tokens, apiUrl }));
  // Jobs ask over plain http: only those who verify tokens insist on the issuer's certificate.
  const api = createServer((request, response) => {
    const isTokenRequest = request.url?.startsWith(`${tokenPath}?`) ?? false;
    (isTokenRequest ? issuer.tokenListener : answerApi)(request, response);
  });
  const issuerServer = isTls
    ? createTlsServer({ key, cert }, issuer.listener)
    : createServer(issuer.listener);
  apiUrl = `http://127.0.0.1:${await listen(api, options.port)}`;
  const issuerPort = await listen(issuerServer, options.issuerPort);
  issuerUrl = `${isTls ? "https" : "http"}://${issuerHost}:${issuerPort}`;
  return {
    apiUrl,
    issuerUrl,
    state,
    artifacts: new ArtifactStore(options.artifactFolder, state),
    issueToken: (grant) => tokens.issue(grant),
    revokeToken: (token) => tokens.revoke(token),
    grantIdTokens: (claims) => ({
      url: `${apiUrl}${tokenPath}?api-version=2.0`,
      token: issuer.grant(claims),
    }),
    revokeIdTokens: (token) => issuer.revoke(token),
    grantOf: (token) => tokens.find(`bearer ${token}`),
    close: async () => {
      await Promise.all([shut(api), shut(issuerServer)]);
    },
  };
}

interface Known {
  readonly state: GithubState;
  readonly tokens: Tokens;
  readonly apiUrl: string;
}

function handle(request: IncomingMessage, text: string, { state, tokens, apiUrl }: Known): ApiAnswer {
  const url = new URL(request.url ?? "/", apiUrl);
  const grant = tokens.find(request.headers.authorization);
  if (grant === undefined) return problem(401, "Bad credentials");
  const found = findRoute(routes, request.method ?? "GET", url.pathname);
  const { owner, name } = state.repository;
  const asked = `${found?.params.owner}/${found?.params.repo}`.toLowerCase();
  if (found === undefined || asked !== `${owner}/${name}`.toLowerCase()) return notFound();
  if (!isAllowed(found.route, grant)) return problem(403, "Resource not accessible by integration");
  const body = readBody(text);
  if (body === undefined) return problem(400, "Problems parsing JSON");
  return found.route.handle({ state, grant, params: found.params, query: url.searchParams, body, apiUrl });
}

function readBody(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function answerWith(answer: (request: IncomingMessage, body: string) => ApiAnswer): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => send(response, answer(request, Buffer.concat(chunks).toString("utf8"))));
  };
}

function send(response: ServerResponse, { status, body }: ApiAnswer): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(body === undefined ? "" : JSON.stringify(body));
}

async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function shut(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
