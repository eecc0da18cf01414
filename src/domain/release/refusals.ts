/** What the cluster said when it was asked to take objects, as one sentence for each object and field. */
export function refusalSentences(text: string): readonly string[] {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !/^(Warning:|[EWI]\d{4} )/.test(line));
  const sentences: string[] = [];
  let subject = "";
  for (const line of lines) {
    const [, kind, name, rest = ""] = /^The (\S+) "([^"]+)" is invalid: ?(.*)$/.exec(line) ?? [];
    if (kind !== undefined) subject = `${kind} ${name}`;
    const cause = kind === undefined ? /^\* (.*)$/.exec(line)?.[1] : rest;
    if (cause === undefined) sentences.push(line.replace(/^Error from server( \([A-Za-z]+\))?: /, ""));
    else if (cause !== "") sentences.push(causeSentence(subject, cause));
  }
  return [...new Set(sentences)];
}

function causeSentence(subject: string, cause: string): string {
  const path = /^[A-Za-z][\w.[\]"/-]*(?=: )/.exec(cause)?.[0];
  if (path !== undefined && /field is immutable/.test(cause))
    return `${subject}: ${path} cannot be changed (give the object a new name, or delete it before the deploy)`;
  return `${subject}: ${cause.length > 400 ? `${cause.slice(0, 400)}…` : cause}`;
}

/** The kinds that the cluster does not know, as `group/Kind`, from what kubectl said. */
export function unknownKinds(text: string): readonly string[] {
  const found = text.matchAll(/no matches for kind "([^"]+)" in (?:version|group) "([^"]+)"/g);
  return [...found].map(
    ([, kind, version = ""]) => `${version.split("/").length > 1 ? version.split("/")[0] : ""}/${kind}`,
  );
}

/** Whether the refusal says that the identity may not, rather than that the objects are wrong. */
export function isForbidden(text: string): boolean {
  return /\(Forbidden\)|is forbidden: User /.test(text) && !/exceeded quota|violates PodSecurity/.test(text);
}

/** Whether somebody's admission webhook cannot be asked without acting. */
export function isUnaskable(text: string): boolean {
  return /does not support dry run|dryRun is not supported/i.test(text);
}
