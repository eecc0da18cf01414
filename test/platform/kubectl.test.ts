import { describe, expect, test } from "vitest";
import { OutsideError } from "../../src/core/errors.ts";
import { kubectl, namespaceExists } from "../../src/platform/kubectl.ts";
import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  UnreachableError,
} from "../../src/platform/kubectl-errors.ts";
import type { WatchEvent } from "../../src/platform/kubectl-watch.ts";
import type { Shell, ShellOptions } from "../../src/platform/shell.ts";

interface Answer {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A kubectl that gives these answers one after the other, the last one again and again. */
function recorded(...answers: readonly Answer[]) {
  const ran: { readonly args: readonly string[]; readonly options: ShellOptions }[] = [];
  const shell: Shell = async (_program, args, options = {}) => {
    const {
      exitCode = 0,
      stdout = "",
      stderr = "",
    } = answers[Math.min(ran.length, answers.length - 1)] ?? {};
    ran.push({ args, options });
    for (const line of stdout.split("\n")) options.onLine?.(line, "stdout");
    return { exitCode, stdout, stderr, timedOut: false, cancelled: false, truncated: false };
  };
  return { ran, cluster: kubectl(shell, { program: "kubectl", env: { KUBECONFIG: "/secret/config" } }) };
}

// kubectl 1.34.2, each by the command that the claim names.
const said = {
  notFound: 'Error from server (NotFound): configmaps "nope" not found',
  noKind: 'error: the server doesn\'t have a resource type "nopes"',
  conflict:
    'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  exists: 'Error from server (AlreadyExists): error when creating "STDIN": configmaps "a" already exists',
  forbidden:
    'Error from server (Forbidden): pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"',
  refused:
    'E1122 03:50:52.532689   13931 memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list"\nThe connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?',
  failedTest: "The request is invalid: the server rejected our request due to an error in our request",
  unauthorized: "error: You must be logged in to the server (Unauthorized)",
};

describe("kubectl() tells failures apart", () => {
  const guarded = {
    type: "json",
    patch: [{ op: "test", path: "/metadata/resourceVersion", value: "3" }],
  } as const;
  test.each([
    { name: "a kind nobody knows", stderr: said.noKind, error: NotFoundError, call: "get" },
    { name: "a stale version", stderr: said.conflict, error: ConflictError, call: "replace" },
    { name: "an object that is there already", stderr: said.exists, error: ConflictError, call: "create" },
    {
      name: "a patch whose test does not hold",
      stderr: said.failedTest,
      error: ConflictError,
      call: "patch",
    },
    { name: "a missing right", stderr: said.forbidden, error: ForbiddenError, call: "list" },
    { name: "a server that is not there", stderr: said.refused, error: UnreachableError, call: "get" },
    { name: "a login that is refused", stderr: said.unauthorized, error: OutsideError, call: "get" },
  ] as const)("$name", async ({ stderr, error, call }) => {
    const { cluster } = recorded({ exitCode: 1, stderr });
    const calls = {
      get: () => cluster.get("configmap", "a", "default"),
      list: () => cluster.list("pods", "default"),
      create: () => cluster.create({}),
      replace: () => cluster.replace({}),
      patch: () => cluster.patch("configmap", "a", "default", guarded),
    };
    const failing = calls[call]();
    const spoken = /^kubectl \w+( \w+)? exited with 1: (?!E1122)/;
    await expect(failing).rejects.toBeInstanceOf(error);
    const sentence = stderr === said.unauthorized ? /^The cluster does not accept the credentials/ : spoken;
    await expect(failing).rejects.toThrow(sentence);
  });

  test("and calls the command by its verb, not by its options", async () => {
    const { cluster } = recorded({ exitCode: 1, stderr: said.conflict });
    await expect(cluster.replace({})).rejects.toThrow(/^kubectl replace exited with 1: /);
  });

  test("and names verb and resource of what is forbidden", async () => {
    const { cluster } = recorded({ exitCode: 1, stderr: said.forbidden });
    await expect(cluster.list("pods", "default")).rejects.toThrow('User "bob" cannot list resource "pods"');
  });
});

test("get() answers undefined for an object that is not there, as --ignore-not-found prints nothing", async () => {
  const { cluster, ran } = recorded({ stdout: "" });
  expect(await cluster.get("configmap", "nope", "default")).toBeUndefined();
  expect(ran[0]?.args).toContain("--ignore-not-found");
});

test("objects travel by standard input, the kubeconfig by environment", async () => {
  const { cluster, ran } = recorded({ stdout: "{}" });
  await cluster.create({ kind: "Secret", stringData: { key: "hush" } });
  expect(ran[0]?.args.join(" ")).not.toMatch(/hush|secret/);
  expect(ran[0]?.options.stdin).toContain("hush");
  expect(ran[0]?.options.env).toEqual({ KUBECONFIG: "/secret/config" });
});

test("watch() reports events, opens a closed stream again, and ends with its signal", async () => {
  const line = (type: string, name: string) => JSON.stringify({ type, object: { metadata: { name } } });
  const { cluster, ran } = recorded({
    stdout: `${line("ADDED", "a")}\nnot json\n${line("BOOKMARK", "b")}\n${line("DELETED", "a")}`,
  });
  const ending = new AbortController();
  const seen: WatchEvent["type"][] = [];
  await cluster.watch(
    "pods",
    "default",
    "app=web",
    ({ type }) => {
      seen.push(type);
      if (type === "RESTARTED") ending.abort();
    },
    ending.signal,
  );
  expect(seen).toEqual(["ADDED", "DELETED", "RESTARTED"]);
  expect(ran[0]?.args).toEqual(expect.arrayContaining(["--watch", "--output-watch-events", "-l", "app=web"]));
});

test("watch() gives up where it may not watch, and waits for a server that is away", async () => {
  const forbidden = recorded({ exitCode: 1, stderr: said.forbidden });
  const never = new AbortController().signal;
  await expect(
    forbidden.cluster.watch("pods", "default", undefined, () => undefined, never),
  ).rejects.toBeInstanceOf(ForbiddenError);
  const ending = new AbortController();
  const away = recorded(
    { exitCode: 1, stderr: said.refused },
    { stdout: JSON.stringify({ type: "ADDED", object: {} }) },
  );
  const seen: string[] = [];
  await away.cluster.watch(
    "pods",
    "default",
    undefined,
    ({ type }) => {
      seen.push(type);
      if (type === "ADDED") ending.abort();
    },
    ending.signal,
  );
  expect(seen).toEqual(["RESTARTED", "ADDED"]);
});

test("namespaceExists() takes a refusal to look for a yes", async () => {
  expect(await namespaceExists(recorded({ stdout: "namespace/shop" }).cluster, "shop")).toBe(true);
  expect(await namespaceExists(recorded({ stdout: "" }).cluster, "shop")).toBe(false);
  expect(await namespaceExists(recorded({ exitCode: 1, stderr: said.forbidden }).cluster, "shop")).toBe(true);
});
