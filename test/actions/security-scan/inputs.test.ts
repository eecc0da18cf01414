import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "./run-scan.ts";

const zeros = `sha256:${"0".repeat(64)}`;
test.each([
  { given: { scanners: "" }, why: 'Input "scanners" must list some of' },
  {
    given: { scanners: "secrets,sast" },
    why: 'Input "scanners" must list some of secrets, dependencies, image: got "sast"',
  },
  { given: { scanners: "image" }, why: 'Input "image" is required' },
  {
    given: { image: `127.0.0.1:9/web@${zeros}` },
    why: 'Input "scanners" must have image when "image" is given',
  },
  { given: { scanners: "image", image: "127.0.0.1:9/web:1" }, why: "must name the image by digest" },
  { given: { scanners: "image", image: "127.0.0.1:9/web@sha256:12" }, why: "64 hex digits" },
  { given: { scanners: "image", image: "No Image" }, why: 'Input "image" must be an image reference' },
  { given: { "fail-on": "severe" }, why: 'Input "fail-on" must list some of' },
  { given: { "fail-on": "none,high" }, why: 'Input "fail-on" must list some of' },
  { given: { "fail-on": "" }, why: 'Input "fail-on" must list some of' },
  { given: { path: "" }, why: 'Input "path" is required' },
  { given: { path: "nowhere" }, why: 'Input "path" must name a folder: got "nowhere"' },
  { given: { "max-db-age": "a week" }, why: 'Input "max-db-age" must be a duration' },
  { given: { "time-limit": "0s" }, why: 'Input "time-limit" must be longer than 0s' },
  { given: { upload: "yes" }, why: 'Input "upload" must be true or false' },
  { given: { upload: "true", "github-token": "" }, why: 'Input "github-token" is required' },
  { given: { "registry-username": "me" }, why: 'Input "registry-password" is required' },
  { given: { "on-inconclusive": "pass" }, why: 'Input "on-inconclusive" must be one of fail, warn' },
  {
    given: { "sarif-file": "/dev/null/x.sarif" },
    why: 'Input "sarif-file" must name a file that can be written',
  },
])("security-scan refuses $given before a scanner starts", async ({ given, why }) => {
  const { runner, folder } = await run({ inputs: given as unknown as Readonly<Record<string, string>> });
  expect(runner.failure()).toContain(why);
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(existsSync(join(folder, "gitleaks.calls"))).toBe(false);
});
