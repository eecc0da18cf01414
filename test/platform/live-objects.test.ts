import { expect, test } from "vitest";
import { manifestObjects } from "../../src/domain/release/manifest.ts";
import { kubectl } from "../../src/platform/kubectl.ts";
import { askToApply, deniedOf, readLive } from "../../src/platform/live-objects.ts";
import type { Shell } from "../../src/platform/shell.ts";

const ended = { exitCode: 0, stdout: "", stderr: "", timedOut: false, cancelled: false, truncated: false };

interface Stub {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** A cluster that has everything it is asked for, refuses some kinds, and remembers the calls. */
function cluster(refusals: Readonly<Record<string, string>> = {}) {
  const calls: { readonly args: readonly string[]; readonly kinds: readonly string[] }[] = [];
  const shell: Shell = async (_program, args, options = {}) => {
    const { items } = JSON.parse(String(options.stdin)) as { items: Stub[] };
    calls.push({ args, kinds: items.map(({ kind }) => kind) });
    const refused = items.map(({ kind }) => refusals[kind]).find(Boolean);
    if (refused !== undefined) return { ...ended, exitCode: 1, stderr: refused };
    return { ...ended, stdout: JSON.stringify({ kind: "List", items }) };
  };
  return { calls, kubectl: kubectl(shell, { program: "kubectl", env: {} }) };
}

const object = (kind: string, namespace?: string) => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "a", ...(namespace === undefined ? {} : { namespace }) },
});
const forbidden =
  'Error from server (Forbidden): secrets "a" is forbidden: User "u" cannot get resource "secrets"';

test("readLive() asks once for everything, and for each namespace apart", async () => {
  const { calls, kubectl: client } = cluster();
  const objects = manifestObjects([object("Service"), object("Secret"), object("Service", "other")]);
  const { found, unread } = await readLive(client, "shop", objects);
  expect(found).toHaveLength(3);
  expect(unread.size).toBe(0);
  expect(calls.map(({ args }) => args[args.indexOf("-n") + 1]).toSorted()).toEqual(["other", "shop"]);
});

test("readLive() names the kinds that it may not read, and reads the others", async () => {
  const { kubectl: client } = cluster({
    Secret: forbidden,
    Bar: 'unable to recognize "STDIN": no matches for kind "Bar" in version "v1"',
  });
  const objects = manifestObjects([object("Service"), object("Secret"), object("Bar")]);
  const { found, unread } = await readLive(client, "shop", objects);
  expect(found.map(({ kind }) => kind)).toEqual(["Service"]);
  expect([...unread.keys()].toSorted()).toEqual(["Bar", "Secret"]);
  expect(unread.get("Secret")).toContain('cannot get resource "secrets"');
});

test("readLive() does not take a cluster that is away for one without objects", async () => {
  const { kubectl: client } = cluster({ Service: "The connection to the server 127.0.0.1:1 was refused" });
  await expect(readLive(client, "shop", manifestObjects([object("Service")]))).rejects.toThrow("was refused");
});

test("askToApply() only ever asks", async () => {
  const { calls, kubectl: client } = cluster();
  const [answer] = await askToApply(client, "shop", manifestObjects([object("Service")]));
  expect(answer?.objects).toHaveLength(1);
  for (const { args } of calls) expect(args).toContain("--dry-run=server");
});

test("deniedOf() tells what is refused, and nothing where nobody answers", async () => {
  const asks = [
    { verb: "create", group: "", resource: "secrets" },
    { verb: "delete", group: "batch", resource: "jobs" },
  ];
  const answering =
    (stdout: string, exitCode = 0): Shell =>
    async () => ({ ...ended, stdout, exitCode });
  const ask = (shell: Shell) => deniedOf(kubectl(shell, { program: "kubectl", env: {} }), "shop", asks);
  expect(await ask(answering("true\nfalse\n"))).toEqual([asks[1]]);
  expect(await ask(answering("", 1))).toEqual([]);
});
