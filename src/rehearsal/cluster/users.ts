import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const userGroups = {
  admin: ["system:masters"],
  "system:kube-controller-manager": [],
  "system:kube-scheduler": [],
  "system:node:sluice": ["system:nodes"],
  "system:kube-proxy": [],
  "sluice:prometheus": [],
  "sluice:traefik": [],
} as const satisfies Record<string, readonly string[]>;

export type User = keyof typeof userGroups;

/** The world's own users of the API server: a token and a kubeconfig for each. Actions get none of them. */
export interface Users {
  readonly tokenFile: string;
  readonly token: (user: User) => string;
  readonly kubeconfig: (user: User) => string;
}

/** Makes a token and a kubeconfig for each of the world's own users. */
export async function makeUsers(folder: string, server: string, authorityFile: string): Promise<Users> {
  const names = Object.keys(userGroups) as User[];
  const tokens = new Map(names.map((user) => [user, randomBytes(24).toString("hex")]));
  const token = (user: User) => tokens.get(user) ?? "";
  const kubeconfig = (user: User) => join(folder, `${user.replaceAll(":", "-")}.kubeconfig`);
  const tokenFile = join(folder, "tokens.csv");
  const lines = names.map((user) => `${token(user)},${user},${user},"${userGroups[user].join(",")}"`);
  await writeFile(tokenFile, `${lines.join("\n")}\n`, { mode: 0o600 });
  await Promise.all(
    names.map((user) =>
      writeFile(kubeconfig(user), describe(server, authorityFile, token(user)), { mode: 0o600 }),
    ),
  );
  return { tokenFile, token, kubeconfig };
}

function describe(server: string, authorityFile: string, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "rehearsal", cluster: { server, "certificate-authority": authorityFile } }],
    users: [{ name: "user", user: { token } }],
    contexts: [{ name: "rehearsal", context: { cluster: "rehearsal", user: "user" } }],
    "current-context": "rehearsal",
  });
}
