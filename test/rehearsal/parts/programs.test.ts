import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OutsideError } from "../../../src/core/errors.ts";
import type { Ran, Shell } from "../../../src/platform/shell.ts";
import { lockedTool } from "../../../src/platform/tool-lock.ts";
import type { Preparation } from "../../../src/rehearsal/parts/context.ts";
import { downloadTool } from "../../../src/rehearsal/parts/download.ts";
import { saysVersion } from "../../../src/rehearsal/parts/path.ts";
import { provideTool } from "../../../src/rehearsal/parts/programs.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-programs-"));
});
afterEach(() => rm(folder, { recursive: true }));

const helm = lockedTool("helm");
const version = helm?.version ?? "";

/** A machine: what programs answer, whether Go is there, what the network serves. */
function machine(it: {
  readonly onPath?: string;
  readonly hasGo?: boolean;
  readonly serves?: Uint8Array<ArrayBuffer>;
}) {
  const said: string[] = [];
  const ran: string[] = [];
  const shell: Shell = async (program, args, options) => {
    ran.push(`${program.split("/").at(-1)} ${args[0]}`);
    if (program === "go" && args[0] === "install" && it.hasGo) {
      await mkdir(options?.env?.GOBIN ?? "", { recursive: true });
      await writeFile(join(options?.env?.GOBIN ?? "", "helm"), "built");
    }
    if (program.endsWith("/helm")) return answer(0, it.onPath ?? "");
    return answer(program === "go" && !it.hasGo ? 127 : 0, "");
  };
  const fetch: typeof globalThis.fetch = async () => {
    if (it.serves === undefined) throw new TypeError("fetch failed", { cause: new Error("ENOTFOUND") });
    return new Response(it.serves);
  };
  const preparation: Preparation = {
    cache: join(folder, "cache"),
    env: { PATH: join(folder, "bin") },
    progress: (line) => said.push(line),
    shell,
    fetch,
    signal: new AbortController().signal,
  };
  return { preparation, said, ran };
}

function answer(exitCode: number, stdout: string): Ran {
  return { exitCode, stdout, stderr: "", timedOut: false, cancelled: false, truncated: false };
}

async function putHelmOnPath(): Promise<string> {
  await mkdir(join(folder, "bin"));
  const path = join(folder, "bin", "helm");
  await writeFile(path, "", { mode: 0o755 });
  return path;
}

test("provideTool() takes a program on PATH that is exactly the pinned version", async () => {
  const path = await putHelmOnPath();
  expect(await provideTool(machine({ onPath: `v${version}+g1234` }).preparation, "helm")).toBe(path);
});

test("provideTool() passes by another version on PATH, falls from the network to Go, and keeps what Go built", async () => {
  await putHelmOnPath();
  const { preparation, said, ran } = machine({ onPath: "v3.1.0", hasGo: true });
  const path = await provideTool(preparation, "helm");
  expect(await readFile(path, "utf8")).toBe("built");
  expect(said.join("\n")).toContain("get.helm.sh cannot be reached (ENOTFOUND): trying another way");

  ran.length = 0;
  expect(await provideTool(preparation, "helm")).toBe(path);
  expect(ran).toEqual(["helm version"]);
});

test("provideTool() says in one sentence how a tool could be had when there is no way", async () => {
  await expect(provideTool(machine({}).preparation, "helm")).rejects.toThrow(
    `helm ${version} cannot be had here: put it on PATH, allow get.helm.sh, or install Go 1.21 or newer`,
  );
});

test("provideTool() refuses a download with another digest than the locked one, and does not go on to Go", async () => {
  const { preparation, ran } = machine({ serves: new TextEncoder().encode("something else"), hasGo: true });
  await expect(provideTool(preparation, "helm")).rejects.toThrow(OutsideError);
  expect(ran).not.toContain("go install");
});

test("downloadTool() writes a program whose digest is the locked one", async () => {
  const bytes = new TextEncoder().encode("#!/bin/sh\n");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const platforms = { [`linux-${process.arch}`]: { url: "https://example.test/tool", sha256 } };
  const target = join(folder, "tool");
  const tool = { name: "tool", version: "1.0.0", fits: "^1", platforms };
  expect(await downloadTool(machine({ serves: bytes }).preparation, tool, target)).toBe("done");
  expect(await readFile(target, "utf8")).toBe("#!/bin/sh\n");
});

test.each([
  { answer: "Kubernetes v1.34.2", version: "1.34.2", says: true },
  { answer: "v4.2.4+g1234", version: "4.2.4", says: true },
  { answer: "Kubernetes v1.34.20", version: "1.34.2", says: false },
  { answer: "v11.34.2", version: "1.34.2", says: false },
  { answer: "v1.34.2-rc.1", version: "1.34.2", says: false },
  { answer: "Client Version: v1.20.2", version: "1.34.2", says: false },
])("saysVersion() of $answer is $says for $version", ({ answer, version, says }) => {
  expect(saysVersion(answer, version)).toBe(says);
});
