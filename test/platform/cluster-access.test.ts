import { chmodSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ActionContext } from "../../src/platform/action.ts";
import { type ClusterAccess, withCluster } from "../../src/platform/cluster-access.ts";
import { shell } from "../../src/platform/shell.ts";
import { fakeRunner } from "../fakes/fake-runner.ts";

/** Programs that answer for kubectl and helm, first on PATH. */
function tools(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  for (const [name, script] of [
    ["helm", 'echo v4.2.4; test "$1" = history && cat "$KUBECONFIG" >&2; exit 0'],
    ["kubectl", 'echo "Client Version: v1.34.2"'],
  ] as const) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

function contextWith(masked: string[] = []): ActionContext {
  const runner = fakeRunner("helm-deploy", {});
  const env = { ...runner.env, PATH: `${tools()}:${process.env.PATH}` };
  const signal = new AbortController().signal;
  return {
    runner: { ...runner, env, idToken: async (audience: string) => `token-for-${audience}` },
    signal,
    shell,
    mask: (secret: string) => masked.push(secret),
  } as unknown as ActionContext;
}

const document = {
  apiVersion: "v1",
  contexts: [{ name: "one" }, { name: "two" }],
  users: [{ user: { token: "hush-hush" } }],
  "current-context": "one",
};

function use(access: ClusterAccess, context = contextWith()) {
  return withCluster(context, access, async ({ kubeconfigPath }) => ({
    path: kubeconfigPath,
    text: readFileSync(kubeconfigPath, "utf8"),
    mode: statSync(kubeconfigPath).mode & 0o777,
  }));
}

test("a kubeconfig is private while it is used, gone afterwards, its secrets masked", async () => {
  const masked: string[] = [];
  const seen = await use(
    { kind: "kubeconfig", namespace: "shop", kubeconfig: JSON.stringify(document) },
    contextWith(masked),
  );
  expect(seen.mode).toBe(0o600);
  expect(existsSync(seen.path)).toBe(false);
  expect(masked).toEqual(["hush-hush"]);
});

test("a kubeconfig may be the path of one, and the context is chosen in our copy", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "sluice-test-")), "config");
  writeFileSync(path, "apiVersion: v1\ncontexts: [{name: one}, {name: two}]\ncurrent-context: one\n");
  const { text } = await use({ kind: "kubeconfig", namespace: "shop", kubeconfig: path, context: "two" });
  expect(JSON.parse(text)["current-context"]).toBe("two");
  expect(readFileSync(path, "utf8")).toContain("current-context: one");
});

test.each([
  {
    name: "a context that is not in it",
    access: { kubeconfig: JSON.stringify(document), context: "three" },
    says: 'Input "context" must name a context of the kubeconfig: got "three"',
  },
  {
    name: "a path where nothing is",
    access: { kubeconfig: "/nowhere" },
    says: 'Input "kubeconfig" must be a kubeconfig or the path of one: nothing can be read at "/nowhere"',
  },
])("a kubeconfig with $name is refused", async ({ access, says }) => {
  await expect(use({ kind: "kubeconfig", namespace: "shop", ...access })).rejects.toThrow(says);
});

const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

test.each([
  { form: "PEM", given: pem },
  { form: "base64", given: Buffer.from(pem).toString("base64") },
])(
  "an ID token lies in a private file that the kubeconfig names; the authority is given as $form",
  async ({ given }) => {
    const masked: string[] = [];
    const access: ClusterAccess = {
      kind: "oidc",
      namespace: "shop",
      server: "https://k8s.test",
      audience: "k8s",
      certificateAuthority: given,
    };
    await withCluster(contextWith(masked), access, async ({ kubeconfigPath }) => {
      const config = JSON.parse(readFileSync(kubeconfigPath, "utf8"));
      const { tokenFile } = config.users[0].user;
      expect(readFileSync(tokenFile, "utf8")).toBe("token-for-k8s");
      expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
      expect(Buffer.from(config.clusters[0].cluster["certificate-authority-data"], "base64").toString()).toBe(
        pem,
      );
    });
    expect(masked).toEqual(["token-for-k8s"]);
  },
);

test("an authority that is no certificate is refused without being printed", async () => {
  const access: ClusterAccess = {
    kind: "oidc",
    namespace: "shop",
    server: "https://k8s.test",
    audience: "k8s",
    certificateAuthority: "nonsense",
  };
  await expect(use(access)).rejects.toThrow(
    /^Input "certificate-authority" must be a PEM certificate, base64 of one, or the path of one$/,
  );
});

test("a cancelled step still reaches the cluster: what must be put right can be", async () => {
  const cancelled = new AbortController();
  const context = {
    ...contextWith(),
    signal: cancelled.signal,
    shell: ((program, args, options) =>
      shell(program, args, { signal: cancelled.signal, ...options })) as typeof shell,
  };
  const access: ClusterAccess = {
    kind: "kubeconfig",
    namespace: "shop",
    kubeconfig: JSON.stringify(document),
  };
  await withCluster(context, access, async ({ kubectl }) => {
    cancelled.abort();
    expect((await kubectl.run(["get"])).exitCode).toBe(0);
  });
});
