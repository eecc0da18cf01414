import { OutsideError } from "../../core/errors.ts";
import {
  compareDefinitions,
  type DefinitionChange,
  definitionRefusals,
  definitionWarnings,
} from "../../domain/release/definitions.ts";
import type { KubeObject } from "../../platform/kubectl.ts";
import { errorOf, ForbiddenError, NotFoundError } from "../../platform/kubectl-errors.ts";
import { describeFailure } from "../../platform/shell.ts";
import type { PreparedChart, Rendered } from "./render.ts";
import type { Session } from "./session.ts";

/** What becomes of the chart's custom resource definitions. */
export interface DefinitionPlan {
  readonly changes: readonly DefinitionChange[];
  readonly refused: readonly string[];
  readonly warnings: readonly string[];
}

/** Compares the definitions that the chart brings, in `crds/` or among its templates, with the cluster's. */
export async function planDefinitions(
  session: Session,
  chart: PreparedChart,
  rendered: Rendered,
): Promise<DefinitionPlan> {
  const { crds: mode } = session.inputs.chartSource;
  const templates = rendered.objects
    .filter(({ kind }) => kind === "CustomResourceDefinition")
    .map(({ body }) => body);
  const all = [...chart.definitions, ...templates];
  if (all.length === 0) return { changes: [], refused: [], warnings: [] };
  const live = await readDefinitions(session, all);
  if (typeof live === "string")
    return {
      changes: [],
      refused: [],
      warnings: [`The chart's custom resource definitions are not compared: ${live}.`],
    };
  const own = compareDefinitions(chart.definitions, live);
  const rest = compareDefinitions(templates, live);
  return {
    changes: mode === "apply" ? own.filter(({ change }) => change !== "same") : [],
    refused: definitionRefusals([...(mode === "apply" ? own : []), ...rest]),
    warnings: definitionWarnings(own, { mode, isInstall: rendered.isUpgrade !== true }),
  };
}

async function readDefinitions(
  { cluster }: Session,
  wanted: readonly unknown[],
): Promise<readonly unknown[] | string> {
  const names = compareDefinitions(wanted, []).map(({ name }) => name);
  const args = ["get", "customresourcedefinitions", "-o", "json", "--ignore-not-found", ...names];
  const ran = await cluster.kubectl.run(args);
  if (ran.exitCode !== 0) {
    const error = errorOf(args, ran);
    if (error instanceof ForbiddenError || error instanceof NotFoundError) return error.message;
    throw error;
  }
  const text = ran.stdout.trim();
  if (text === "") return [];
  const document = JSON.parse(text) as { readonly items?: readonly unknown[] };
  return document.items ?? [document];
}

/** Applies the definitions that the chart changes, and waits until the API serves them. Nothing takes them back. */
export async function applyDefinitions(
  { cluster, context }: Session,
  { changes }: DefinitionPlan,
): Promise<void> {
  if (changes.length === 0) return;
  for (const { name, change, body } of changes) {
    context.runner.info(`CustomResourceDefinition ${name} is ${change}: applied before the release`);
    await cluster.kubectl.apply(body as KubeObject);
  }
  const names = changes.map(({ name }) => `customresourcedefinition/${name}`);
  const args = ["wait", "--for=condition=Established", "--timeout=30s", ...names];
  const ran = await cluster.kubectl.run(args, { timeoutMs: 40_000 });
  if (ran.exitCode !== 0) throw new OutsideError(describeFailure("kubectl", args, ran));
}
