import { messageOf } from "../../core/errors.ts";
import { parseReference } from "../../domain/image/reference.ts";
import { http } from "../../platform/http.ts";
import { registry } from "../../platform/registry.ts";
import { credentialsFrom } from "../../platform/registry-auth.ts";
import type { Preparation } from "./session.ts";

/** What the tags of images point to now. */
export interface ResolvedImages {
  readonly digests: Readonly<Record<string, string>>;
  /** Why a tag could not be resolved, one sentence each. */
  readonly problems: readonly string[];
}

/** Asks the registries what these images, named by tag in the chart, are now. */
export async function resolveImages(
  { inputs, context }: Preparation,
  images: readonly string[],
): Promise<ResolvedImages> {
  const { runner, shell, signal } = context;
  const host = inputs.images[0]?.reference.registry ?? "";
  const credentials = credentialsFrom({ runner, shell, login: inputs.registryLogin, host });
  const client = registry({ http, credentials, signal });
  const answers = await Promise.all(
    images.map(async (image) => {
      try {
        const found = await client.resolve(parseReference(image));
        return found === undefined
          ? `Image ${image} is not in its registry`
          : ([image, found.digest] as const);
      } catch (error) {
        return `Image ${image} could not be resolved: ${messageOf(error)}`;
      }
    }),
  );
  return {
    digests: Object.fromEntries(answers.filter((one) => typeof one !== "string")),
    problems: answers.filter((one) => typeof one === "string"),
  };
}
