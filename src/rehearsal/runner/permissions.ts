import { entriesOf, literalText, type Node } from "./node.ts";

/** What a token may do, by scope; a scope that is absent is `none`. */
export type Permissions = Readonly<Record<string, "read" | "write">>;

const scopes = [
  ...["actions", "artifact-metadata", "attestations", "checks", "contents", "deployments", "discussions"],
  ...[
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
  ],
];

/** What GitHub gives when nothing is declared and the repository has its restricted default. */
export const restrictedDefault: Permissions = { contents: "read", packages: "read" };

/** The permissions a node declares; undefined when there is no node. */
export function readPermissions(node: Node | undefined): Permissions | undefined {
  if (node === undefined) return undefined;
  const word = literalText(node);
  if (word === "read-all") return all("read");
  if (word === "write-all") return { ...all("write"), "id-token": "write" };
  const declared: Record<string, "read" | "write"> = {};
  for (const { key, value } of entriesOf(node)) {
    const level = literalText(value);
    if (level === "read" || level === "write") declared[key] = level;
  }
  return declared;
}

function all(level: "read" | "write"): Permissions {
  return Object.fromEntries(scopes.map((scope) => [scope, level]));
}

/** A scope asked for beyond what is allowed, as GitHub words it. */
export interface Excess {
  readonly scope: string;
  readonly asked: string;
  readonly allowed: string;
}

/** Every scope in which `asked` goes beyond `allowed`. */
export function permissionExcess(asked: Permissions, allowed: Permissions): readonly Excess[] {
  return Object.entries(asked).flatMap(([scope, level]) => {
    const limit = allowed[scope] ?? "none";
    const isCovered = limit === "write" || limit === level;
    return isCovered ? [] : [{ scope, asked: level, allowed: limit }];
  });
}
