import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { filesBelow, type TextFile } from "./repository.ts";

/** From left to right; a room may look left. */
const line = ["core", "domain", "platform", "actions"];
/** Outside of the line: they may look anywhere, and nothing in the line looks at them. */
const outside = ["rehearsal", "tools"];
const mayTouchTheWorld = new Set(["platform", ...outside]);

function importsOf(text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)"([^"]+)"/gm);
  return [...found].map((one) => one[1] ?? "");
}

/** `src/actions/smoke-test/run.ts` lies in the room actions, in the part smoke-test of it. */
function placeOf(path: string): { readonly room: string; readonly part: string } {
  const [, room = "", ...rest] = path.split("/");
  return { room, part: rest.length > 1 ? (rest[0] ?? "") : "" };
}

function stepsToTheRight(file: TextFile): readonly string[] {
  const from = placeOf(file.path);
  return importsOf(file.text).flatMap((imported) => {
    // Data of the repository is no code of a room.
    if (imported.endsWith(".json")) return [];
    const why = imported.startsWith(".")
      ? whyNotRoom(from, placeOf(join(dirname(file.path), imported)))
      : whyNotPackage(from.room, imported);
    return why === undefined ? [] : [`${file.path}: ${why}: ${imported}`];
  });
}

type Place = ReturnType<typeof placeOf>;

function whyNotRoom(from: Place, to: Place): string | undefined {
  if (outside.includes(from.room))
    return line.includes(to.room) || outside.includes(to.room) ? undefined : "leaves src";
  if (!line.includes(to.room)) return `${from.room} must not import ${to.room}`;
  if (line.indexOf(to.room) > line.indexOf(from.room)) return `${from.room} must not import ${to.room}`;
  // The one file that starts actions by name belongs to none of them.
  const isSibling =
    from.room === "actions" && to.room === "actions" && from.part !== "" && from.part !== to.part;
  return isSibling ? "an action must not import a sibling" : undefined;
}

function whyNotPackage(room: string, imported: string): string | undefined {
  if (room === "core") return "core imports nothing";
  const isWorld = imported.startsWith("node:") || imported.startsWith("@actions/");
  return isWorld && !mayTouchTheWorld.has(room) ? `${room} must not touch the outside world` : undefined;
}

const sources = filesBelow(["src"], ".ts");

test("no room looks to the right, and only platform, rehearsal and tools touch the outside world", () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.flatMap(stepsToTheRight)).toEqual([]);
});

test("each of @actions' packages has one file", () => {
  const users = new Map<string, string[]>();
  for (const file of sources) {
    if (placeOf(file.path).room !== "platform") continue;
    for (const imported of importsOf(file.text).filter((one) => one.startsWith("@actions/"))) {
      users.set(imported, [...(users.get(imported) ?? []), file.path]);
    }
  }
  const shared = [...users].filter(([, files]) => new Set(files).size > 1);
  expect(shared).toEqual([]);
});

test("no file is named after nothing", () => {
  const names = sources.filter((file) =>
    /\/(?:utils?|helpers?|common|types|manager|index)\.ts$/.test(file.path),
  );
  expect(names.map((file) => file.path)).toEqual([]);
});

test.each([
  {
    path: "src/core/a.ts",
    text: 'import { b } from "../domain/x/b.ts";',
    why: "core must not import domain",
  },
  { path: "src/core/a.ts", text: 'import { parse } from "yaml";', why: "core imports nothing" },
  {
    path: "src/domain/x/a.ts",
    text: 'import { join } from "node:path";',
    why: "must not touch the outside world",
  },
  {
    path: "src/domain/x/a.ts",
    text: 'import type { H } from "../../platform/http.ts";',
    why: "must not import platform",
  },
  {
    path: "src/actions/x/a.ts",
    text: 'const b = await import("../y/b.ts");',
    why: "must not import a sibling",
  },
  {
    path: "src/actions/x/a.ts",
    text: 'import { readFile } from "node:fs";',
    why: "must not touch the outside world",
  },
  {
    path: "src/platform/a.ts",
    text: 'import { b } from "../rehearsal/b.ts";',
    why: "must not import rehearsal",
  },
  {
    path: "src/platform/a.ts",
    text: 'export { b } from "../actions/x/b.ts";',
    why: "must not import actions",
  },
])("the rule fires: $path with $text", ({ path, text, why }) => {
  expect(stepsToTheRight({ path, text }).join()).toContain(why);
});
