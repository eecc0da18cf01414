import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { CancelledError, OutsideError } from "../../src/core/errors.ts";
import { mustSucceed, shell } from "../../src/platform/shell.ts";

const node = process.execPath;

test("shell() hands arguments over as they are: nothing is a command line", async () => {
  const args = ["$(id)", "; rm -rf x", "a b", "*"];
  const { stdout } = await shell(node, [
    "-e",
    "console.log(JSON.stringify(process.argv.slice(1)))",
    "--",
    ...args,
  ]);
  expect(JSON.parse(stdout)).toEqual(args);
});

test("shell() returns a non-zero exit with what was said", async () => {
  const ran = await shell(node, ["-e", "console.error('broken'); process.exit(3)"]);
  expect(ran).toMatchObject({ exitCode: 3, stderr: "broken\n", timedOut: false, cancelled: false });
});

test("mustSucceed() says the tool, the verb, the exit code and the last lines", async () => {
  const failing = mustSucceed(shell, "sh", ["-c", "echo reason >&2; exit 4"]);
  await expect(failing).rejects.toThrow(OutsideError);
  await expect(mustSucceed(shell, "sh", ["-c", "echo reason >&2; exit 4"])).rejects.toThrow(
    /exited with 4: reason/,
  );
});

test("shell() refuses a program that is not there in one sentence", async () => {
  await expect(shell("/nowhere/tool", [])).rejects.toThrow(/^\/nowhere\/tool could not be started: /);
});

test("shell() gives whole lines as they come, the last one without an end too", async () => {
  const lines: string[] = [];
  const script = "process.stdout.write('one\\ntw'); setTimeout(() => process.stdout.write('o\\nthree'), 20)";
  await shell(node, ["-e", script], { onLine: (line) => lines.push(line) });
  expect(lines).toEqual(["one", "two", "three"]);
});

test("shell() keeps no more than it was told, and says that it did not", async () => {
  const ran = await shell(node, ["-e", "process.stdout.write('x'.repeat(300000))"], { keepCharacters: 1000 });
  expect(ran.truncated).toBe(true);
  expect(ran.stdout.length).toBeLessThanOrEqual(1000);
});

/** A shell with a child of its own that ignores SIGINT and writes its process id. */
function stubbornTree(): { folder: string; script: string } {
  const folder = mkdtempSync(join(tmpdir(), "sluice-tree-"));
  const script = `trap '' INT; sleep 300 & echo $! > ${folder}/child; touch ${folder}/ready; wait; wait`;
  return { folder, script };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2] !== "Z";
  } catch {
    return false;
  }
}

async function waitUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(10);
}

test("shell() ends the whole tree when the time is over, grandchildren that ignore SIGINT included", async () => {
  const { folder, script } = stubbornTree();
  const ran = await shell("sh", ["-c", script], { timeoutMs: 500, graceMs: 200 });
  const child = Number(readFileSync(join(folder, "child"), "utf8"));
  expect(ran.timedOut).toBe(true);
  await waitUntil(() => !isAlive(child));
});

test("shell() forwards a cancel as SIGINT at once, and lets the program say its last word", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-cancel-"));
  const controller = new AbortController();
  const script = `
    process.on("SIGINT", () => { console.log("cancelled"); process.exit(7); });
    require("fs").writeFileSync(${JSON.stringify(join(folder, "ready"))}, ""); setInterval(() => {}, 1000);`;
  const running = shell(node, ["-e", script], { signal: controller.signal });
  await waitUntil(() => existsSync(join(folder, "ready")));
  controller.abort();
  expect(await running).toMatchObject({ exitCode: 7, stdout: "cancelled\n", cancelled: true });
});

test("shell() starts nothing after a cancel", async () => {
  await expect(shell(node, ["-e", "0"], { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
});
