import { expect, test } from "vitest";
import { helm, helmMajor } from "../../src/platform/helm.ts";
import type { Shell, ShellOptions } from "../../src/platform/shell.ts";

function recorded(
  answer: { readonly exitCode?: number; readonly stdout?: string; readonly stderr?: string },
  major = 4,
) {
  const ran: { readonly args: readonly string[]; readonly options: ShellOptions }[] = [];
  const shell: Shell = async (_program, args, options = {}) => {
    ran.push({ args, options });
    return {
      exitCode: 0,
      stdout: "",
      stderr: "",
      ...answer,
      timedOut: false,
      cancelled: false,
      truncated: false,
    };
  };
  return { ran, shell, client: helm(shell, { program: "helm", env: { KUBECONFIG: "/c" }, major }) };
}

const request = {
  release: "web",
  namespace: "shop",
  chart: "chart",
  valuesFiles: ["a.yaml", "b.json"],
  timeoutMs: 90_500,
  labels: { "sluice-run": "7" },
  createNamespace: false,
};
const signal = new AbortController().signal;

test.each([
  { major: 4, wait: "--wait=legacy" },
  { major: 3, wait: "--wait" },
])(
  "upgradeInstall() of helm $major waits, never rolls back by itself, and takes no value from the arguments",
  async ({ major, wait }) => {
    const { client, ran } = recorded({}, major);
    await client.upgradeInstall(request, signal);
    const args = ran[0]?.args ?? [];
    expect(args).toEqual(
      expect.arrayContaining([
        "upgrade",
        "--install",
        "--reset-values",
        wait,
        "-f",
        "a.yaml",
        "b.json",
        "sluice-run=7",
        "90s",
      ]),
    );
    expect(args.join(" ")).not.toMatch(
      /--atomic|--rollback-on-failure|--set|--reuse-values|--force(?!-conflicts)/,
    );
    expect(args.indexOf("a.yaml")).toBeLessThan(args.indexOf("b.json"));
    expect(ran[0]?.options.signal).toBe(signal);
  },
);

test.each([
  { major: 3, isForced: false },
  { major: 4, isForced: true },
])(
  "upgradeInstall() of Helm $major takes fields back that others have changed",
  async ({ major, isForced }) => {
    const { client, ran } = recorded({}, major);
    const request = {
      release: "web",
      namespace: "shop",
      chart: "c",
      valuesFiles: [],
      timeoutMs: 1000,
      labels: {},
    };
    await client.upgradeInstall({ ...request, createNamespace: false }, new AbortController().signal);
    expect(ran.at(-1)?.args.includes("--force-conflicts")).toBe(isForced);
    expect(ran.at(-1)?.args.includes("--server-side=true")).toBe(isForced);
  },
);

test("rollback() always names the revision", async () => {
  const { client, ran } = recorded({});
  await client.rollback("web", 3, "shop", { timeoutMs: 10_000 });
  expect(ran.at(-1)?.args.slice(-2)).toEqual(["web", "3"]);
  expect(ran.at(-1)?.options.signal).toBeUndefined();
});

// helm 4.2.4: helm get metadata -o json; a count that an autoscaler has changed is a conflict, the option on a release
// that the client applied is an error.
test.each([
  { applied: "ssa", isForced: true },
  { applied: "csa", isForced: false },
])(
  "rollback() wins over others where the revision was applied by $applied",
  async ({ applied, isForced }) => {
    const { client, ran } = recorded({ stdout: `{"name":"web","applyMethod":"${applied}"}` });
    await client.rollback("web", 3, "shop", { timeoutMs: 10_000 });
    expect(ran.at(-1)?.args[0]).toBe("rollback");
    expect(ran.at(-1)?.args.includes("--force-conflicts")).toBe(isForced);
  },
);

test("a release that is not there has no history and no status", async () => {
  // helm 4.2.4: helm history nope -o json
  const missing = { exitCode: 1, stderr: "Error: release: not found" };
  expect(await recorded(missing).client.history("nope", "shop")).toEqual([]);
  expect(await recorded(missing).client.status("nope", "shop")).toBeUndefined();
  await expect(recorded(missing).client.getManifest("nope", "shop")).rejects.toThrow(
    "helm get found no release nope",
  );
});

test("a refusal names tool, verb, exit code and Helm's words", async () => {
  const { client } = recorded({ exitCode: 1, stderr: "Error: Kubernetes cluster unreachable" });
  await expect(client.history("web", "shop")).rejects.toThrow(
    "helm history exited with 1: Error: Kubernetes cluster unreachable",
  );
});

test.each([
  ["v4.2.4", 4],
  ["v3.21.4", 3],
  ["v4.2", 4],
])("helmMajor() reads %s", async (stdout, major) => {
  expect(await helmMajor(recorded({ stdout }).shell, "helm")).toBe(major);
});

test("helmMajor() refuses a helm it does not know", async () => {
  await expect(helmMajor(recorded({ stdout: "v2.16.0" }).shell, "helm")).rejects.toThrow(
    'helm must be version 3 or 4: helm says "v2.16.0"',
  );
});
