import { diffManifests, type ObjectChange } from "./diff.ts";
import type { ManifestObject } from "./manifest.ts";

/** Why no plan can be held to a chart that renders another manifest each time, one sentence for each object. */
export function unstableFields(
  first: readonly ManifestObject[],
  second: readonly ManifestObject[],
): readonly string[] {
  return diffManifests(first, second, (text) => text).map(sentenceOf);
}

const cure =
  "give the value by set or values, keep it in a Secret that is not the chart's, or let the chart look up the one that is there";

function sentenceOf({ object, change, fields }: ObjectChange): string {
  if (change !== "changed") return `${object} has another name each time the chart is rendered: ${cure}`;
  const paths = fields.map(({ path }) => path);
  const shown = paths.length > 3 ? [...paths.slice(0, 3), `${paths.length - 3} more`] : paths;
  return `${object}: ${shown.join(", ")} is another each time the chart is rendered (a random value, a certificate or the time): ${cure}`;
}
