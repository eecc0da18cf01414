import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { baselineShape } from "../domain/backup/baseline.ts";
import { testsShape } from "../domain/smoke/tests-shape.ts";
import { evidenceShape } from "../platform/evidence-schema.ts";
import { root } from "./build.ts";
import { metricsSchema } from "./metrics-schema.ts";

/** The schemas that are written from the code that checks them. Others stand beside them by hand, held by tests. */
const generated: Readonly<Record<string, unknown>> = {
  "evidence.schema.json": {
    title: "Evidence of a Sluice action, version 1",
    ...z.toJSONSchema(evidenceShape),
  },
  "tests.schema.json": {
    title: "Tests of smoke-test",
    description: "A list of requests and what their answers must look like",
    ...z.toJSONSchema(testsShape),
  },
  "backup-baseline.schema.json": {
    title: "Baseline of backup-verify",
    description: "Tables of a database and how many rows each must have",
    ...z.toJSONSchema(baselineShape),
  },
  "metrics.schema.json": metricsSchema(),
};

const isCheck = process.argv.includes("--check");
await mkdir(join(root, "schemas"), { recursive: true });
for (const [name, schema] of Object.entries(generated)) {
  const path = join(root, "schemas", name);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (isCheck) {
    const written = await readFile(path, "utf8").catch(() => "");
    if (JSON.stringify(JSON.parse(written || "null")) !== JSON.stringify(schema)) {
      console.error(`schemas/${name} is stale: npm run fix`);
      process.exitCode = 1;
    }
  } else await writeFile(path, text);
}
