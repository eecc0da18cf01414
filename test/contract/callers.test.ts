import { describe, expect, test } from "vitest";
import { at, listAt, textAt } from "../../src/core/json.ts";
import { callers, exists, filesBelow, read } from "./repository.ts";
import { usesOf } from "./workflow-shape.ts";

const templates = callers.filter((file) => file.path.startsWith("workflows-templates/"));
const placeholder = "0".repeat(40);

test("there is a caller for every reusable workflow", () => {
  expect(templates.map((file) => file.path.split("/").at(-1))).toEqual([
    "backup-drill.yml",
    "build.yml",
    "commit-to-production.yml",
    "deploy.yml",
    "recover.yml",
    "rollback.yml",
  ]);
});

describe.each(templates)("$path", ({ path, text }) => {
  test("has properties and an icon, as a starter workflow must", () => {
    const properties: unknown = JSON.parse(read(path.replace(".yml", ".properties.json")));
    expect(textAt(properties, "name")).toMatch(/^Sluice: /);
    expect(textAt(properties, "description")).toMatch(/\.$/);
    expect(listAt(properties, "categories").length).toBeGreaterThan(0);
    expect(exists(`workflows-templates/${textAt(properties, "iconName")}.svg`)).toBe(true);
    for (const pattern of listAt(properties, "filePatterns"))
      expect(() => new RegExp(String(pattern))).not.toThrow();
  });

  test("is what the sample application uses, with its branch named", () => {
    const copy = read(`examples/web/.github/workflows/${path.split("/").at(-1)}`);
    expect(copy).toBe(text.replaceAll("$default-branch", "main"));
  });
});

test("no properties stand without their caller", () => {
  const properties = filesBelow(["workflows-templates"], ".properties.json");
  expect(properties.filter((file) => !exists(file.path.replace(".properties.json", ".yml")))).toEqual([]);
});

/** Where a caller still holds the placeholder that a release fills. */
function unfilled(files: readonly { readonly path: string; readonly text: string }[]): readonly string[] {
  return files.filter((file) => file.text.includes(placeholder)).map((file) => file.path);
}

test("callers name one commit of ours, or all of them the placeholder", () => {
  const commits = callers.flatMap((file) => usesOf(file.document)).map((uses) => uses.split("@")[1]);
  expect(new Set(commits).size).toBe(1);
});

test("no placeholder is in a released caller", () => {
  const released = [...callers, { path: "README.md", text: read("README.md") }];
  const isRelease = process.env.GITHUB_REF_TYPE === "tag";
  expect(isRelease ? unfilled(released) : []).toEqual([]);
});

test("unfilled() finds the placeholder", () => {
  expect(unfilled([{ path: "a.yml", text: `uses: a/b@${placeholder}` }])).toEqual(["a.yml"]);
  expect(at({ unfilled: unfilled([{ path: "a.yml", text: "uses: a/b@v1" }]) }, "unfilled")).toEqual([]);
});
