/** What a dump takes for granted on the server. */
export interface DumpNeeds {
  readonly roles: readonly string[];
  readonly extensions: readonly DumpExtension[];
}

export interface DumpExtension {
  readonly name: string;
  readonly schema: string;
}

/** Collects needs, each once. */
export function needsCollector() {
  const roles = new Set<string>();
  const extensions = new Map<string, DumpExtension>();
  return {
    role: (role: string) => roles.add(role),
    extension: (one: DumpExtension) => extensions.set(one.name, one),
    all: (): DumpNeeds => ({ roles: [...roles], extensions: [...extensions.values()] }),
  };
}

type NeedsCollector = ReturnType<typeof needsCollector>;

/** What the statements of a schema take for granted on the server. */
export function needsOf(schema: string): DumpNeeds {
  const found = needsCollector();
  for (const line of schema.split("\n")) collectNeeds(line, found);
  return found.all();
}

const name = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`;
const names = String.raw`(${name}(?:\s*,\s*${name})*)`;
const roleRules = [
  new RegExp(String.raw`\bOWNER TO ${names};`),
  new RegExp(String.raw`\b(?:GRANT .* TO|REVOKE .* FROM) ${names}(?: WITH GRANT OPTION)?;`),
  new RegExp(String.raw`^ALTER DEFAULT PRIVILEGES FOR ROLE ${names}\b`),
  new RegExp(`^CREATE SCHEMA .*AUTHORIZATION ${names};`),
  new RegExp(`^CREATE POLICY .*? TO ${names}(?: USING| WITH CHECK|;)`),
];
const extensionRule = new RegExp(`^CREATE EXTENSION (?:IF NOT EXISTS )?(${name})(?: WITH SCHEMA (${name}))?`);

/** Notes what one line of a dump's statements takes for granted. */
export function collectNeeds(line: string, found: NeedsCollector): void {
  if (!/OWNER TO|GRANT|REVOKE|ROLE|AUTHORIZATION|CREATE POLICY|CREATE EXTENSION/.test(line)) return;
  const [, extension, schema = "public"] = extensionRule.exec(line) ?? [];
  if (extension !== undefined) found.extension({ name: unquote(extension), schema: unquote(schema) });
  for (const rule of roleRules) {
    const list = rule.exec(line)?.[1];
    if (list === undefined) continue;
    for (const [one] of list.matchAll(new RegExp(name, "g"))) {
      const role = unquote(one);
      if (!isGiven(role)) found.role(role);
    }
  }
}

/** PUBLIC and the roles that every server has. */
function isGiven(role: string): boolean {
  return /^(public|current_user|session_user|current_role)$/i.test(role) || role.startsWith("pg_");
}

function unquote(identifier: string): string {
  if (!identifier.startsWith('"')) return identifier.toLowerCase();
  return identifier.slice(1, -1).replaceAll('""', '"');
}
