import { pass, type Verdict } from "../../core/verdict.ts";
import { judgeEvidence } from "../../domain/evidence/require.ts";
import type { ImageDigest } from "../../domain/image/digest.ts";
import { labelsOf } from "../../domain/image/labels.ts";
import { localRegistriesIn } from "../../domain/image/local-registry.ts";
import { sizeOf } from "../../domain/image/manifest.ts";
import { nameOf } from "../../domain/image/reference.ts";
import type { ActionContext } from "../../platform/action.ts";
import { type BuildSource, findBuildSource } from "../../platform/build-source.ts";
import { buildah, type ImageBuild } from "../../platform/buildah.ts";
import { withBuildFolder } from "../../platform/buildah-files.ts";
import { readEvidence } from "../../platform/evidence-files.ts";
import { followOutput } from "../../platform/followed-output.ts";
import type { Registry } from "../../platform/registry.ts";
import { sourceOf } from "../../platform/source-commit.ts";
import { findTool } from "../../platform/tools.ts";
import type { BuildInputs, TagInputs } from "./inputs.ts";

/** What happened to each tag: `moved` to the digest, or it was there already. */
export type TagOutcomes = Readonly<Record<string, "moved" | "already there">>;

/** An image that is in the registry, as the registry itself shows it. */
export interface PushedImage {
  readonly digest: ImageDigest;
  readonly mediaType: string;
  /** Bytes to fetch, config and layers; undefined for an index. */
  readonly sizeBytes?: number;
  readonly layers?: number;
  readonly platforms: Readonly<Record<string, ImageDigest>>;
}

export type BuildOutcome =
  | { readonly kind: "failed"; readonly failure: string }
  | {
      readonly kind: "pushed";
      readonly pushed: PushedImage;
      readonly labels: Readonly<Record<string, string>>;
    };

/** Builds the image, pushes it by digest and reads it back. */
export async function buildAndPush(
  inputs: BuildInputs,
  registry: Registry,
  context: ActionContext,
): Promise<BuildOutcome> {
  const { runner, shell } = context;
  const source = await findBuildSource(inputs.context, inputs.file);
  const program = await findTool("buildah", { runner, shell });
  // Minutes of building are lost when the registry says no only at the end.
  await registry.checkPush(inputs.image);
  const build = await describeBuild(inputs, source, context);
  const login =
    inputs.login === undefined ? undefined : { host: inputs.image.registry, credentials: inputs.login };
  const localRegistries = localRegistriesIn([
    `${nameOf(inputs.image)}/`,
    source.text,
    ...inputs.buildArgs.values(),
  ]);
  const request = { env: runner.env, buildah: program, shell, localRegistries, login };
  return withBuildFolder(request, async (folder) => {
    const output = followOutput(runner);
    const built = await buildah(program, folder, shell).build(build, output.onLine).finally(output.end);
    if ("failure" in built) return { kind: "failed", failure: built.failure };
    const digest = await registry.pushLayout(inputs.image, built.layout);
    return { kind: "pushed", pushed: await readBack(inputs, digest, registry), labels: build.labels };
  });
}

async function describeBuild(
  inputs: BuildInputs,
  source: BuildSource,
  { runner, shell }: ActionContext,
): Promise<ImageBuild> {
  const commit = await sourceOf(source.context, runner.env, shell);
  const { target, buildArgs, secrets } = inputs;
  const labels = labelsOf(commit, inputs.labels);
  return { ...source, target, buildArgs, secrets, labels, createdAt: commit.committedAt };
}

export interface TagOutcome {
  readonly verdict: Verdict;
  /** Undefined when the evidence did not vouch for the digest: then nothing was tagged. */
  readonly tagged?: { readonly pushed: PushedImage; readonly tags: TagOutcomes };
}

/** Tags a digest for which the evidence vouches. */
export async function tagDigest(inputs: TagInputs, registry: Registry): Promise<TagOutcome> {
  const { digest, require } = inputs;
  const verdict = judgeEvidence(await readEvidence(inputs.evidence), { digest, require });
  if (verdict.kind !== "pass") return { verdict };
  const pushed = await readBack(inputs, digest, registry);
  const tags: Record<string, "moved" | "already there"> = {};
  for (const tag of inputs.tags) tags[tag] = await registry.tag(inputs.image, digest, tag);
  return { verdict: pass, tagged: { pushed, tags } };
}

async function readBack(
  { image }: BuildInputs | TagInputs,
  digest: ImageDigest,
  registry: Registry,
): Promise<PushedImage> {
  const { manifest, mediaType } = await registry.manifest(image, digest);
  const platforms = await registry.platforms(image, digest);
  if (manifest.kind === "index") return { digest, mediaType, platforms };
  return { digest, mediaType, platforms, sizeBytes: sizeOf(manifest), layers: manifest.layers.length };
}
