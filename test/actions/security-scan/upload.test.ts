import { expect, test } from "vitest";
import { type GithubApi, GithubRefusal } from "../../../src/platform/github-api.ts";
import { run } from "./run-scan.ts";

test("security-scan hands the findings to code scanning and waits for its answer", async () => {
  const calls: string[] = [];
  const request: GithubApi["request"] = async (route) => {
    calls.push(route.split(" ")[0] ?? "");
    return calls.length < 3 ? { id: "1", processing_status: "pending" } : { processing_status: "complete" };
  };
  const { runner } = await run({ request, inputs: { upload: "true", "github-token": "t0ken" } });
  expect(calls).toEqual(["POST", "GET", "GET"]);
  expect(runner.annotations).toEqual([]);
});

test.each([
  { name: "the token may not", answer: new GithubRefusal("refused", 403), warning: "security-events: write" },
  { name: "the repository has none", answer: new GithubRefusal("refused", 404), warning: "not enabled" },
  {
    name: "GitHub takes no such file",
    answer: { id: "1", processing_status: "failed", errors: ["bad"] },
    warning: "bad",
  },
  {
    name: "GitHub does not finish",
    answer: { id: "1", processing_status: "pending" },
    warning: "still processing",
  },
])("security-scan only warns about an upload when $name", async ({ answer, warning }) => {
  const request = () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer));
  const { runner } = await run({ request, inputs: { upload: "true", "github-token": "t0ken" } });
  expect(runner.outputs.verdict).toBe("pass");
  expect(runner.annotations.map((one) => `${one.level} ${one.message}`).join()).toContain(warning);
});
