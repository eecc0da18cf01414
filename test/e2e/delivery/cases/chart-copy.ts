import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { chart, type Stand } from "../stand.ts";

/** A copy of the cases' chart with files of its own; returns its folder. */
export async function chartWith(
  stand: Stand,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(stand.folder, name);
  await cp(chart, folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** Everything that a deploy could have changed, as text: what refuses must leave it as it was. */
export async function stateOf(stand: Stand): Promise<string> {
  const kinds = "deployments,services,configmaps,secrets,jobs,horizontalpodautoscalers,httproutes";
  const template = '{range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}';
  const found = await stand.kubectl("get", kinds, "-o", `jsonpath=${template}`);
  // Status alone moves the version of what has one; what a person would see is the generation.
  const generations = await stand.kubectl(
    ...["get", "deployments", "-o"],
    'jsonpath={range .items[*]}{.metadata.name} {.metadata.generation}{"\\n"}{end}',
  );
  return `${found.replace(/^(Deployment|Job|HTTPRoute) (\S+) \d+$/gm, "$1 $2")}\n${generations}`;
}
