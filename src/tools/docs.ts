import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  actionTable,
  type DeclaredAction,
  fillBetween,
  inputTable,
  outputTable,
  parseAction,
} from "./action-tables.ts";
import { metricsTable } from "./metrics-schema.ts";
import { workflowSection } from "./workflow-tables.ts";

/** Fills the tables of the READMEs from the action.yml files. With `--check` it writes nothing and names what is stale. */
const root = new URL("../../", import.meta.url).pathname;
const isCheck = process.argv.includes("--check");
const problems: string[] = [];

async function actions(): Promise<ReadonlyMap<string, DeclaredAction>> {
  const found = new Map<string, DeclaredAction>();
  for (const name of (await readdir(join(root, "actions"))).toSorted()) {
    const text = await readFile(join(root, "actions", name, "action.yml"), "utf8").catch(() => undefined);
    if (text === undefined) problems.push(`actions/${name}/action.yml is missing`);
    else found.set(name, parseAction(text));
  }
  return found;
}

async function fill(path: string, tables: Readonly<Record<string, string>>): Promise<void> {
  const before = await readFile(join(root, path), "utf8").catch(() => undefined);
  if (before === undefined) {
    problems.push(`${path} is missing`);
    return;
  }
  let after = before;
  for (const [name, text] of Object.entries(tables)) {
    const filled = fillBetween(after, name, text);
    if (filled === undefined) problems.push(`${path} has no markers <!-- ${name} --> and <!-- /${name} -->`);
    else after = filled;
  }
  if (after === before) return;
  if (isCheck) problems.push(`${path} is stale: npm run docs`);
  else await writeFile(join(root, path), after);
}

/** Those that application repositories call; our own begin with a dot. */
async function workflowPages(): Promise<string> {
  const folder = join(root, ".github/workflows");
  const files = (await readdir(folder)).filter((file) => !file.startsWith(".")).toSorted();
  const sections = files.map(async (file) =>
    workflowSection(file, await readFile(join(folder, file), "utf8")),
  );
  return (await Promise.all(sections)).join("\n").trimEnd();
}

const declared = await actions();
for (const [name, action] of declared) {
  await fill(`actions/${name}/README.md`, { inputs: inputTable(action), outputs: outputTable(action) });
}
await fill("actions/canary-analyze/README.md", { metrics: metricsTable() });
await fill("README.md", { actions: actionTable(declared) });
await fill("docs/workflows.md", { workflows: await workflowPages() });
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
