import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../core/errors.ts";
import type { ActionContext } from "./action.ts";
import type { InputReader } from "./github-runner.ts";
import type { Helm } from "./helm.ts";
import { optional, required } from "./inputs.ts";
import type { Kubectl } from "./kubectl.ts";
import type { Shell } from "./shell.ts";

/** How the cluster is reached: a kubeconfig, or a server that believes GitHub's ID tokens. */
export type ClusterAccess = {
  readonly namespace: string;
  readonly helm?: HelmChoice;
} & (
  | { readonly kind: "ambient"; readonly path: string; readonly context?: string }
  | { readonly kind: "kubeconfig"; readonly kubeconfig: string; readonly context?: string }
  | {
      readonly kind: "oidc";
      readonly server: string;
      readonly certificateAuthority?: string;
      readonly audience: string;
    }
);

/** Which Helm works on the cluster, and how. */
export interface HelmChoice {
  /** Exactly this version, or a failure. */
  readonly version?: string;
  /** Revisions that it keeps of a release. */
  readonly historyMax?: number;
}

/**
 * A cluster under one identity. Its programs are not ended by a cancelled step, so that what must be put right still
 * can be; a long operation is given the signal by its caller.
 */
export interface Cluster {
  readonly kubectl: Kubectl;
  readonly helm: Helm;
  /** For another program. 0600, and gone when the body of `withCluster` ends. */
  readonly kubeconfigPath: string;
  readonly namespace: string;
}

/** Reads the inputs of cluster access; `env` is looked at for a KUBECONFIG that an earlier step made. */
export function readClusterAccess(
  inputs: InputReader,
  env: Readonly<Record<string, string | undefined>> = {},
): ClusterAccess {
  const namespace = readNamespace(inputs);
  const kubeconfig = optional(inputs, "kubeconfig");
  const context = optional(inputs, "context");
  const server = optional(inputs, "server");
  const authority = optional(inputs, "certificate-authority");
  const audience = optional(inputs, "oidc-audience");
  if (kubeconfig !== undefined && server !== undefined)
    throw new ConfigError('Inputs "kubeconfig" and "server" exclude each other: got both');
  const chosen = context === undefined ? {} : { context };
  if (server !== undefined) {
    if (context !== undefined) throw new ConfigError('Input "context" needs "kubeconfig": got "server"');
    if (audience === undefined)
      throw new ConfigError('Input "oidc-audience" is required with "server": got nothing');
    const ca = authority === undefined ? {} : { certificateAuthority: authority };
    return { kind: "oidc", namespace, server: readServer(server), audience, ...ca };
  }
  if (authority !== undefined || audience !== undefined) {
    const name = authority === undefined ? "oidc-audience" : "certificate-authority";
    throw new ConfigError(`Input "${name}" needs "server": got no server`);
  }
  if (kubeconfig !== undefined) return { kind: "kubeconfig", namespace, kubeconfig, ...chosen };
  if (env.KUBECONFIG) return { kind: "ambient", namespace, path: env.KUBECONFIG, ...chosen };
  throw new ConfigError('Input "kubeconfig" or "server" is required: got neither');
}

function readNamespace(inputs: InputReader): string {
  const text = required(inputs, "namespace");
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new ConfigError(
    `Input "namespace" must be a Kubernetes namespace such as web-production: got "${text}"`,
  );
}

function readServer(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === "https:") return text;
  throw new ConfigError(`Input "server" must be an https URL: got "${text}"`);
}

/** Runs the body with access to the cluster, and removes every credential file afterwards. */
export async function withCluster<T>(
  context: ActionContext,
  access: ClusterAccess,
  body: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(context.runner.env.RUNNER_TEMP ?? tmpdir(), "sluice-cluster-"));
  // Loaded here, so that a step which only refuses its inputs does not pay for it.
  const { prepareCredentials } = await import("./cluster-credentials.ts");
  const credentials = await prepareCredentials(context, access, folder);
  const ending = new AbortController();
  try {
    return await body(
      await clusterAt(context, access, { path: credentials.path, folder, ending: ending.signal }),
    );
  } finally {
    ending.abort();
    credentials.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Surroundings {
  /** Of the kubeconfig. */
  readonly path: string;
  /** Private, and gone after the body. */
  readonly folder: string;
  /** Aborted when the body has ended. */
  readonly ending: AbortSignal;
}

async function clusterAt(
  context: ActionContext,
  { namespace, helm: choice = {} }: ClusterAccess,
  { path, folder, ending }: Surroundings,
): Promise<Cluster> {
  const { version, ...keep } = choice;
  const [{ findTool }, { helm, helmMajor }, { kubectl }, { kubectlOverProxy }, { startKubeProxy }] =
    await Promise.all([
      import("./tools.ts"),
      import("./helm.ts"),
      import("./kubectl.ts"),
      import("./kubectl-over-proxy.ts"),
      import("./kube-proxy.ts"),
    ]);
  const shell = uncancelled(context.shell);
  const finding = { runner: context.runner, shell: askedOnce(shell) };
  const env = { KUBECONFIG: path };
  const [{ kubectlPath, proxy }, helmPath] = await Promise.all([
    findTool("kubectl", finding).then((program) => ({
      kubectlPath: program,
      proxy: startKubeProxy({ shell, program, env, folder, ending }),
    })),
    findTool("helm", version === undefined ? finding : { ...finding, version }),
  ]);
  const major = helmMajor(finding.shell, helmPath);
  // Awaited by the commands that need it; until then a refusal is nobody's surprise.
  major.catch(() => undefined);
  return {
    namespace,
    kubeconfigPath: path,
    kubectl: kubectlOverProxy(kubectl(shell, { program: kubectlPath, env }), proxy),
    helm: helm(shell, { program: helmPath, env, major, ...keep }),
  };
}

function uncancelled(shell: Shell): Shell {
  const never = new AbortController().signal;
  return (program, args, options) => shell(program, args, { signal: never, ...options });
}

/** Finding Helm and speaking its dialect both take its version. */
function askedOnce(shell: Shell): Shell {
  const answers = new Map<string, ReturnType<Shell>>();
  return (program, args, options) => {
    if (args[0] !== "version") return shell(program, args, options);
    const question = [program, ...args].join("\0");
    const answer = answers.get(question) ?? shell(program, args, options);
    answers.set(question, answer);
    return answer;
  };
}
