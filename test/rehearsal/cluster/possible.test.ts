import { expect, test } from "vitest";
import type { Shell } from "../../../src/platform/shell.ts";
import { refuseWhereImpossible } from "../../../src/rehearsal/cluster/possible.ts";

function unshareSays(exitCode: number, stderr: string): Shell {
  return async () => ({ exitCode, stdout: "", stderr, timedOut: false, cancelled: false, truncated: false });
}

test("refuseWhereImpossible() asks for root", async () => {
  await expect(refuseWhereImpossible(unshareSays(0, ""), 1000)).rejects.toThrow(
    "The rehearsal needs root to make namespaces: run it as root, for example with sudo -E",
  );
});

test("refuseWhereImpossible() says what a container lacks", async () => {
  const denied = unshareSays(1, "unshare: unshare failed: Operation not permitted\n");
  await expect(refuseWhereImpossible(denied, 0)).rejects.toThrow(
    "This machine does not let root make namespaces (unshare: unshare failed: Operation not permitted): a container must run with --privileged",
  );
});

test("refuseWhereImpossible() lets a machine pass where namespaces can be made", async () => {
  await expect(refuseWhereImpossible(unshareSays(0, ""), 0)).resolves.toBeUndefined();
});
