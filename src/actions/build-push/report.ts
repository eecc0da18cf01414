import { fail, pass } from "../../core/verdict.ts";
import { byDigest, nameOf } from "../../domain/image/reference.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { BuildInputs, TagInputs } from "./inputs.ts";
import type { BuildOutcome, PushedImage, TagOutcome } from "./run.ts";

const noOutputs = { digest: "", image: "", tags: "", "platform-digests": "", metadata: "" };

/** The result of a build: the digest that everything after it is about. */
export function reportBuild(inputs: BuildInputs, outcome: BuildOutcome): ActionResult {
  const details = { image: nameOf(inputs.image), context: inputs.context };
  if (outcome.kind === "failed") {
    return {
      mode: "build",
      verdict: fail(outcome.failure),
      subject: { image: nameOf(inputs.image) },
      details,
      outputs: noOutputs,
      summary: "",
    };
  }
  const { pushed, labels } = outcome;
  const image = byDigest(inputs.image, pushed.digest);
  return {
    mode: "build",
    verdict: pass,
    subject: { digest: pushed.digest, image },
    details: { ...details, ...detailsOf(pushed), labels },
    outputs: { ...noOutputs, ...outputsOf(pushed, image), metadata: metadataOf(pushed, { labels }) },
    summary: table([
      ["image", `\`${image}\``],
      ["size", sizeText(pushed)],
      ...Object.entries(labels).map(([name, value]): Row => [`label \`${name}\``, `\`${value}\``]),
    ]),
  };
}

/** The result of tagging: which tags point to the digest now. */
export function reportTags(inputs: TagInputs, { verdict, tagged }: TagOutcome): ActionResult {
  const image = byDigest(inputs.image, inputs.digest);
  const subject = { digest: inputs.digest, image };
  const details = { evidence: inputs.evidence, require: inputs.require, tags: tagged?.tags ?? {} };
  if (tagged === undefined) {
    return { mode: "tag", verdict, subject, details, outputs: noOutputs, summary: "Nothing was tagged." };
  }
  const names = inputs.tags.map((tag) => `${nameOf(inputs.image)}:${tag}`);
  return {
    mode: "tag",
    verdict,
    subject,
    details: { ...details, ...detailsOf(tagged.pushed) },
    outputs: {
      ...outputsOf(tagged.pushed, image),
      tags: names.join("\n"),
      metadata: metadataOf(tagged.pushed, { tags: tagged.tags }),
    },
    summary: table([
      ["image", `\`${image}\``],
      ...Object.entries(tagged.tags).map(([tag, outcome]): Row => [`tag \`${tag}\``, outcome]),
    ]),
  };
}

function outputsOf(pushed: PushedImage, image: string) {
  return { digest: pushed.digest, image, "platform-digests": JSON.stringify(pushed.platforms) };
}

function detailsOf({ mediaType, sizeBytes, layers, platforms }: PushedImage) {
  return { mediaType, sizeBytes, layers, platforms };
}

function metadataOf(pushed: PushedImage, more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...detailsOf(pushed), ...more });
}

function sizeText({ sizeBytes, layers }: PushedImage): string {
  if (sizeBytes === undefined) return "several platforms";
  return `${(sizeBytes / 1024 / 1024).toFixed(1)} MiB in ${layers} layers`;
}

type Row = readonly [string, string];

function table(rows: readonly Row[]): string {
  return ["| | |", "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n");
}
