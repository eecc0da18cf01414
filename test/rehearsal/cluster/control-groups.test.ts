import { expect, test } from "vitest";
import { hierarchiesOf } from "../../../src/rehearsal/cluster/control-groups.ts";

test("hierarchiesOf() finds the old hierarchies and the unified one, and nothing else", () => {
  const mounts = `proc /proc proc rw,relatime 0 0
tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
`;
  expect(hierarchiesOf(mounts)).toEqual([
    { root: "/sys/fs/cgroup/cpu", isUnified: false },
    { root: "/sys/fs/cgroup/unified", isUnified: true },
  ]);
});
