import { glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { ConfigError, messageOf } from "../core/errors.ts";
import { type DeployPlan, planSchema } from "../domain/plan/plan.ts";
import { strategies } from "../domain/record/record.ts";

const rendered = z.object({
  baseRevision: z.number(),
  manifestDigest: z.string(),
  candidateManifestDigest: z.optional(z.string()),
  objects: z.optional(z.record(z.string(), z.string())),
  candidateObjects: z.optional(z.record(z.string(), z.string())),
});

/** The shape of a plan file. */
export const planShape = z.object({
  schema: z.literal(planSchema),
  release: z.string(),
  namespace: z.string(),
  environment: z.string(),
  strategy: z.enum(strategies),
  version: z.string(),
  digest: z.string(),
  images: z.array(z.string()),
  chart: z.string(),
  chartDigest: z.optional(z.string()),
  valuesDigest: z.string(),
  resolvedImages: z.optional(z.record(z.string(), z.string())),
  helmRelease: z.optional(z.string()),
  rendered: z.optional(rendered),
  changed: z.boolean(),
  predictedRolloutSeconds: z.optional(z.number()),
  predictedRollbackSeconds: z.optional(z.number()),
  run: z.object({ repository: z.string(), id: z.string(), attempt: z.number() }),
  createdAt: z.string(),
});

/** Writes a file of the plan beside the evidence and returns its path. */
export async function writePlanFile(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  text: string,
): Promise<string> {
  const folder = join(env.RUNNER_TEMP ?? "/tmp", "sluice-plan");
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Reads the one plan that a path or glob names. */
export async function readPlanFile(pattern: string): Promise<DeployPlan> {
  const paths = await Array.fromAsync(glob(pattern));
  const [path] = paths;
  if (path === undefined)
    throw new ConfigError(`Input "plan" must name a plan: nothing matches "${pattern}"`);
  if (paths.length > 1)
    throw new ConfigError(
      `Input "plan" must name one plan: "${pattern}" matches ${paths.toSorted().join(", ")}`,
    );
  try {
    return z.parse(planShape, JSON.parse(await readFile(path, "utf8"))) as DeployPlan;
  } catch (error) {
    throw new ConfigError(`Input "plan" must name a plan of helm-deploy: ${path}: ${firstLine(error)}`);
  }
}

function firstLine(error: unknown): string {
  if (!(error instanceof z.core.$ZodError)) return messageOf(error).split("\n")[0] ?? "";
  const issue = error.issues[0];
  return `${issue?.path.join(".") || "the file"}: ${issue?.message ?? "not a plan"}`;
}
