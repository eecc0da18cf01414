import { ConfigError } from "../../core/errors.ts";
import { type ImageDigest, parseDigest } from "./digest.ts";

/** An image reference taken apart. `registry` is the host (with port) that is spoken to. */
export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: ImageDigest;
}

const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagRule = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/**
 * Parses `[registry/]repository[:tag][@digest]` by the rules of the distribution specification.
 * Without a registry host the reference is Docker Hub's, as every client reads it.
 */
export function parseReference(text: string, input = "image"): ImageReference {
  const [named = "", digestText, ...rest] = text.split("@");
  const lastSlash = named.lastIndexOf("/");
  const colon = named.indexOf(":", lastSlash + 1);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  const path = (colon === -1 ? named : named.slice(0, colon)).split("/");
  const first = path[0] ?? "";
  const hasHost = path.length > 1 && (/[.:]/.test(first) || first === "localhost");
  const components = hasHost ? path.slice(1) : path;
  const wrong = rest.length > 0 || components.length === 0 || !components.every((one) => component.test(one));
  if (wrong || (tag !== undefined && !tagRule.test(tag))) {
    throw new ConfigError(
      `Input "${input}" must be an image reference such as ghcr.io/acme/web: got "${text}"`,
    );
  }
  const official = !hasHost && components.length === 1 ? ["library", ...components] : components;
  return {
    registry: hasHost ? first : "docker.io",
    repository: official.join("/"),
    ...(tag === undefined ? {} : { tag }),
    ...(digestText === undefined ? {} : { digest: parseDigest(digestText) }),
  };
}

/** The reference without tag and digest, as a client is told it. */
export function nameOf(reference: ImageReference): string {
  return `${reference.registry}/${reference.repository}`;
}

export function byDigest(reference: ImageReference, digest: ImageDigest): string {
  return `${nameOf(reference)}@${digest}`;
}

export function isTag(text: string): boolean {
  return tagRule.test(text);
}
