import { ConfigError, messageOf } from "../../core/errors.ts";
import type { ImageDigest } from "../../domain/image/digest.ts";
import { type ImageReference, nameOf, parseReference } from "../../domain/image/reference.ts";
import type { ActionContext } from "../../platform/action.ts";
import { http } from "../../platform/http.ts";
import { registry } from "../../platform/registry.ts";
import { type Credentials, credentialsFrom } from "../../platform/registry-auth.ts";
import type { Preparation } from "./session.ts";

/** What the tags of images point to now. */
export interface ResolvedImages {
  readonly digests: Readonly<Record<string, string>>;
  /** Why a tag could not be resolved, one sentence each. */
  readonly problems: readonly string[];
}

/** Asks the registry of an image what its tag points to, with the login that the inputs give. */
export async function resolveTag(
  { runner, shell, signal, mask }: ActionContext,
  reference: ImageReference,
  login: Credentials | undefined,
): Promise<ImageDigest> {
  if (login?.kind === "password") mask(login.password);
  const credentials = credentialsFrom({ runner, shell, login, host: reference.registry });
  const found = await registry({ http, credentials, signal }).resolve(reference);
  const name = `${nameOf(reference)}:${reference.tag ?? "latest"}`;
  if (found === undefined) throw new ConfigError(`Input "image" names no image: there is no ${name}`);
  runner.info(`${name} is ${found.digest} now`);
  return found.digest;
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
