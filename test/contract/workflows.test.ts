import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { textAt } from "../../src/core/json.ts";
import { diagnose } from "./language-service.ts";
import { actionNames, callers, exists, read, workflows } from "./repository.ts";
import { permissionsAsked, rules, type World } from "./workflow-rules.ts";
import { calledPath, jobsOf, permissionsOf, usesOf } from "./workflow-shape.ts";

const worldOf = (text: string): World => ({
  text,
  exists,
  workflowAt: (path) => (exists(path) ? parse(read(path)) : undefined),
});
const files = [...workflows, ...callers];

test("there are the reusable workflows of the design", () => {
  const names = workflows
    .map((file) => file.path.replace(".github/workflows/", ""))
    .filter((name) => !name.startsWith("."));
  const six = ["backup-drill", "build", "commit-to-production", "deploy", "recover", "rollback"];
  expect(names).toEqual(six.map((name) => `${name}.yml`));
});

describe.each(files)("$path", (file) => {
  test("is valid to GitHub's language service", async () => {
    expect(await diagnose(file.path, file.text)).toEqual([]);
  });

  test.each(Object.keys(rules))("keeps the rule %s", (name) => {
    const rule = rules[name as keyof typeof rules];
    expect(rule(file.document, worldOf(file.text))).toEqual([]);
  });
});

test.each(actionNames)("actions/%s/action.yml is valid to GitHub's language service", async (name) => {
  const path = `actions/${name}/action.yml`;
  expect(await diagnose(path, read(path))).toEqual([]);
});

test("an action is used at one commit everywhere", () => {
  const commits = new Map<string, Set<string>>();
  for (const uses of files.flatMap((file) => usesOf(file.document))) {
    const [name = "", commit] = uses.split("@");
    if (commit !== undefined) commits.set(name, (commits.get(name) ?? new Set()).add(commit));
  }
  expect([...commits].filter(([, found]) => found.size > 1).map(([name]) => name)).toEqual([]);
});

/** `Callers grant: contents read, actions read.` in the comment a workflow begins with. */
function granted(text: string): Readonly<Record<string, string>> {
  const comment = text.slice(0, text.indexOf("\nname:")).replaceAll(/\n# ?/g, " ");
  const list = /Callers grant: ([^.]+)\./.exec(comment)?.[1] ?? "";
  return Object.fromEntries(list.split(",").map((one) => one.trim().split(" ") as [string, string]));
}

describe.each(workflows.filter((file) => !/\/\.[^/]+$/.test(file.path)))("$path", (file) => {
  test("says at its top what its callers grant, and asks for no more", () => {
    const asked = permissionsAsked(file.document, worldOf(file.text));
    expect(granted(file.text)).toMatchObject(asked);
  });

  test("is called with exactly that by the callers users copy", () => {
    const calls = callers.flatMap(({ document }) => [...jobsOf(document).values()]);
    const ours = calls.filter((job) => calledPath(textAt(job, "uses")) === file.path);
    expect(ours.length).toBeGreaterThan(0);
    for (const job of ours) expect(permissionsOf(job)).toEqual(granted(file.text));
  });
});
