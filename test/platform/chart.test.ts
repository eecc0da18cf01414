import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { hideBy, readChart, valuesFolder } from "../../src/platform/chart.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-chart-"));
});

const about = "name: web\nversion: 1.2.0\n";
const definition =
  "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: bars.x}\n";

function chart(files: Readonly<Record<string, string>>, name = "web"): string {
  for (const [path, text] of Object.entries({
    "Chart.yaml": about,
    "values.yaml": "image: {tag: '1'}\n",
    ...files,
  })) {
    mkdirSync(dirname(join(folder, name, path)), { recursive: true });
    writeFileSync(join(folder, name, path), text);
  }
  return join(folder, name);
}

/** Packs a folder as Helm does, by the machine's own tar. */
function pack(path: string): string {
  const archive = `${path}.tgz`;
  execFileSync("tar", ["-czf", archive, "-C", dirname(path), path.slice(dirname(path).length + 1)]);
  return archive;
}

test.each(["folder", "archive"])(
  "readChart() reads a %s: title, values and definitions, subcharts' included",
  async (kind) => {
    const path = chart({
      "crds/bars.yaml": definition,
      "templates/a.yaml": "{{ not read }}",
      [`charts/${"long-".repeat(22)}name/Chart.yaml`]: "name: long\nversion: 1.0.0\n",
      [`charts/${"long-".repeat(22)}name/crds/more.yaml`]: definition.replace("bars", "more"),
    });
    const read = await readChart(kind === "folder" ? path : pack(path));
    expect(read.title).toBe("web-1.2.0");
    expect(read.defaults).toEqual({ image: { tag: "1" } });
    expect(
      read.definitions.map((one) => (one as { metadata: { name: string } }).metadata.name).toSorted(),
    ).toEqual(["bars.x", "more.x"]);
  },
);

test("readChart() looks into packed subcharts, and names the dependencies that are missing", async () => {
  const redis = pack(
    chart({ "Chart.yaml": "name: redis\nversion: 1.0.0\n", "crds/bars.yaml": definition }, "redis"),
  );
  const wanted = `${about}dependencies: [{name: redis, version: 1.x}, {name: postgresql, version: 2.x}]\n`;
  const path = chart({ "Chart.yaml": wanted });
  await expect(readChart(path)).rejects.toThrow(
    "has no redis, postgresql (helm dependency build fetches them)",
  );
  mkdirSync(join(path, "charts"));
  writeFileSync(join(path, "charts", "redis-1.0.0.tgz"), readFileSync(redis));
  await expect(readChart(path)).rejects.toThrow(/has no postgresql \(/);
  writeFileSync(join(path, "Chart.yaml"), wanted.replace(", {name: postgresql, version: 2.x}", ""));
  expect((await readChart(path)).definitions).toHaveLength(1);
});

test.each([
  { name: "nothing there", make: () => "/nowhere", says: 'there is nothing at "/nowhere"' },
  {
    name: "a file that is no archive",
    make: () => {
      writeFileSync(join(folder, "web.tgz"), "no");
      return join(folder, "web.tgz");
    },
    says: "is not a .tgz",
  },
  { name: "no version", make: () => chart({ "Chart.yaml": "name: web\n" }), says: "has no name and version" },
])("readChart() refuses $name", async ({ make, says }) => {
  await expect(readChart(make())).rejects.toThrow(says);
});

test("valuesFolder() keeps values from others, and is gone afterwards", async () => {
  const values = await valuesFolder({ RUNNER_TEMP: folder });
  const { files, digest } = await values.add("stable", [], { password: "hush" });
  expect(statSync(files[0] ?? "").mode & 0o777).toBe(0o600);
  expect(statSync(values.path).mode & 0o777).toBe(0o700);
  const reused = await values.write("reused", '{"a":1}');
  expect((await values.add("other", [reused], { password: "hush" })).digest).not.toBe(digest);
  await values.remove();
  expect(() => statSync(values.path)).toThrow();
});

test("hideBy() marks the same text alike within one plan, and otherwise in another", () => {
  const [one, other] = [hideBy(), hideBy()];
  expect(one("hush")).toBe(one("hush"));
  expect(one("hush")).not.toBe(one("hush!"));
  expect(one("hush")).not.toBe(other("hush"));
});
