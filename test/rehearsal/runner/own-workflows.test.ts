import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { runWorkflow, startWorkflow } from "../../../src/rehearsal/runner/run.ts";
import { jobOf, logOf, type Prepared, prepare } from "./playground.ts";

const repository = join(import.meta.dirname, "../../..");
const example = join(repository, "examples/web");

/** An action that says yes, leaves evidence and tells its name; told to, it waits or says no. */
const yes = `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
const name = process.argv[1].split("/").at(-1).replace(".mjs", "");
const input = (key) => process.env["INPUT_" + key.toUpperCase()] ?? "";
const phase = input("phase") || input("mode");
console.log("::notice::" + [name, phase, process.env.GITHUB_JOB, input("environment")].join(" "));
const told = process.env.TOLD ?? "";
const folder = process.env.RUNNER_TEMP + "/sluice";
mkdirSync(folder, { recursive: true });
const report = folder + "/" + name + "-" + (phase || "1") + ".json";
writeFileSync(report, JSON.stringify({ name, phase }));
const isNo = told.includes("no:" + name + ":" + phase);
const digest = "sha256:" + "a".repeat(64);
const outputs = { verdict: isNo ? "fail" : "pass", reasons: "[]", report, digest, image: input("image") + "@" + digest };
if (phase === "plan") outputs.plan = report;
if (phase === "deploy" && input("strategy") === "canary") outputs["candidate-release"] = "web-candidate";
for (const [key, value] of Object.entries(outputs)) appendFileSync(process.env.GITHUB_OUTPUT, key + "=" + value + "\\n");
if (phase === "plan") appendFileSync(process.env.GITHUB_STEP_SUMMARY, "## Plan for " + input("environment") + "\\n");
if (told.includes("wait:" + name + ":" + phase)) { console.log("waiting"); await new Promise((done) => setTimeout(done, 60000)); }
process.exitCode = isNo ? 1 : 0;
`;

const files: Record<string, string> = {};
const sluice: Record<string, string> = {};

beforeAll(() => {
  for (const path of readdirSync(join(example, ".github/workflows"))) {
    files[`.github/workflows/${path}`] = readFileSync(join(example, ".github/workflows", path), "utf8");
  }
  for (const path of readdirSync(join(repository, ".github/workflows"))) {
    sluice[`.github/workflows/${path}`] = readFileSync(join(repository, ".github/workflows", path), "utf8");
  }
  for (const name of readdirSync(join(repository, "actions"))) {
    sluice[`actions/${name}/action.yml`] = readFileSync(
      join(repository, "actions", name, "action.yml"),
      "utf8",
    );
    sluice[`dist/${name}.mjs`] = yes;
  }
});

const environments = [
  ...["staging", "staging-plan", "staging-recovery", "production-plan", "production-recovery"].map(
    (name) => ({
      name,
      branches: "protected" as const,
    }),
  ),
  { name: "production", reviewers: ["alice"] },
];

function prepareOwn(workflow: string, told = ""): Promise<Prepared> {
  return prepare({
    app: files,
    sluice,
    environments,
    options: {
      sluiceRepository: "sluice-actions/sluice",
      workflow: `.github/workflows/${workflow}.yml`,
      env: { TOLD: told },
      vars: { STAGING_URL: "http://staging", PRODUCTION_URL: "http://production" },
    },
  });
}

function said(prepared: Prepared): readonly string[] {
  return prepared.events.flatMap((event) =>
    event.kind === "annotation" && event.annotation.level === "notice"
      ? [event.annotation.message.trim()]
      : [],
  );
}

const untilProduction = [
  ...["build-push  build", "security-scan  scan", "build-push  tag"],
  ...["helm-deploy plan plan staging", "helm-deploy deploy deploy staging", "smoke-test  deploy"],
  ...["helm-deploy finish deploy staging", "helm-deploy plan plan production"],
];

test("the whole chain runs, asks once and keeps its evidence", async () => {
  const prepared = await prepareOwn("commit-to-production");
  const result = await runWorkflow({ ...prepared.options, event: { name: "push" } });
  expect(said(prepared)).toEqual([
    ...untilProduction,
    ...[
      "helm-deploy deploy deploy production",
      "canary-analyze ramp deploy",
      "helm-deploy promote deploy production",
    ],
    ...["smoke-test  deploy", "helm-deploy finish deploy production"],
  ]);
  expect(result.conclusion).toBe("success");
  expect(prepared.questions.map(({ job, environment }) => `${job} ${environment}`)).toEqual([
    "commit-to-production/production/deploy production",
  ]);
  expect(prepared.questions[0]?.summary).toContain("Plan for production");
  expect(jobOf(result, "commit-to-production/production/recover").result).toBe("skipped");
  expect(result.artifacts.map((artifact) => artifact.name)).toContain("sluice-web-production-deploy-1");
});

test("a canary that says no rolls back in the same job, and recover follows", async () => {
  const prepared = await prepareOwn("commit-to-production", "no:canary-analyze:ramp");
  const result = await runWorkflow({ ...prepared.options, event: { name: "push" } });
  expect(said(prepared).slice(untilProduction.length)).toEqual([
    ...[
      "helm-deploy deploy deploy production",
      "canary-analyze ramp deploy",
      "rollback rollback deploy production",
    ],
    "rollback recover recover production",
  ]);
  expect(result.conclusion).toBe("failure");
});

test("a lost runner leaves the rest to recover", async () => {
  const prepared = await prepareOwn("commit-to-production", "wait:canary-analyze:ramp");
  const path = "commit-to-production/production/deploy";
  const seen = Promise.withResolvers<void>();
  const run = await startWorkflow({
    ...prepared.options,
    event: { name: "push" },
    onEvent: (event) => {
      prepared.events.push(event);
      if (event.kind === "log" && event.job === path && event.line === "waiting") seen.resolve();
    },
  });
  await Promise.race([seen.promise, run.result]);
  run.loseRunner(path);
  const result = await run.result;
  expect(said(prepared).at(-1)).toBe("rollback recover recover production");
  expect(said(prepared)).not.toContain("rollback rollback deploy production");
  expect(jobOf(result, "commit-to-production/production/recover").result).toBe("success");
});

test("a rejection leaves production untouched", async () => {
  const prepared = await prepareOwn("commit-to-production");
  const approve = () => Promise.resolve({ approved: false, user: "alice", comment: "not on a Friday" });
  const result = await runWorkflow({ ...prepared.options, event: { name: "push" }, approve });
  expect(said(prepared)).not.toContain("helm-deploy deploy deploy production");
  expect(jobOf(result, "commit-to-production/production/deploy").result).toBe("failure");
  expect(result.conclusion).toBe("failure");
});

test.each(["build", "deploy", "recover", "rollback", "backup-drill"])(
  "%s runs to its end",
  async (workflow) => {
    const prepared = await prepareOwn(workflow);
    const declared = files[`.github/workflows/${workflow}.yml`] ?? "";
    const names = [...declared.matchAll(/^ {6}([\w-]+):\n {8}description/gm)].map(([, name]) => name ?? "");
    // A choice takes one of its own words.
    const choiceOf = (name: string) =>
      new RegExp(`^ {6}${name}:\n(?: {8}.*\n)*? {8}options: \\[([^,\\]]+)`, "m").exec(declared)?.[1];
    const inputs = Object.fromEntries(names.map((name) => [name, choiceOf(name) ?? "given"]));
    const result = await runWorkflow({ ...prepared.options, inputs });
    expect(logOf(prepared.events)).not.toContain("Unexpected input");
    expect(result.conclusion).toBe("success");
  },
);
