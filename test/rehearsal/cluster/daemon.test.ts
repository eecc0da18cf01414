import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { diagnose, startDaemon, waitUntilReady } from "../../../src/rehearsal/cluster/daemon.ts";

let logs = "";
beforeEach(async () => {
  logs = await mkdtemp(join(tmpdir(), "sluice-daemon-"));
});
afterEach(() => rm(logs, { recursive: true }));

function start(script: string) {
  return startDaemon({ name: "clock", program: "sh", args: ["-c", script], logs });
}

const never = async () => false;

test("waitUntilReady() names a daemon that ends before it is ready, with its last words", async () => {
  const daemon = start("echo cannot bind 0.0.0.0:1 >&2; exit 3");
  await expect(waitUntilReady(daemon, never)).rejects.toThrow(
    /^clock ended with exit code 3: cannot bind 0\.0\.0\.0:1 \(whole log: .*clock\.log\)$/,
  );
});

test("waitUntilReady() names a daemon that is silent for too long", async () => {
  const daemon = start("echo thinking; exec sleep 60");
  await expect(waitUntilReady(daemon, never, 200)).rejects.toThrow(
    /^clock was not ready after 0\.2 s: thinking/,
  );
  daemon.kill("SIGKILL");
  expect(await daemon.ended).toBe("was ended by SIGKILL");
});

test("waitUntilReady() returns when the daemon answers", async () => {
  const daemon = start("exec sleep 60");
  let asked = 0;
  await waitUntilReady(daemon, async () => {
    asked += 1;
    return asked === 3;
  });
  expect(asked).toBe(3);
  daemon.kill("SIGKILL");
  await daemon.ended;
});

test("startDaemon() reports a program that is not there as its end", async () => {
  const daemon = startDaemon({ name: "ghost", program: "/not/there", args: [], logs });
  expect(diagnose(daemon, await daemon.ended)).toMatch(
    /^ghost could not be started: spawn \/not\/there ENOENT/,
  );
});
