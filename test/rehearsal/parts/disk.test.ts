import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { refuseFullDisk } from "../../../src/rehearsal/parts/disk.ts";
import { formatBytes } from "../../../src/rehearsal/parts/progress.ts";

test("refuseFullDisk() says what is needed, what is free, and what to do", async () => {
  const folder = join(tmpdir(), "not", "there", "yet");
  await expect(refuseFullDisk(folder, 1e18)).rejects.toThrow(
    /^Preparing the parts needs .* are free; free some or set/,
  );
});

test("refuseFullDisk() lets a disk with room pass", async () => {
  await expect(refuseFullDisk(tmpdir(), 1)).resolves.toBeUndefined();
});

test.each([
  { bytes: 12, text: "1 kB" },
  { bytes: 87_400_000, text: "87 MB" },
  { bytes: 14e9, text: "14.0 GB" },
])("formatBytes() of $bytes is $text", ({ bytes, text }) => {
  expect(formatBytes(bytes)).toBe(text);
});
