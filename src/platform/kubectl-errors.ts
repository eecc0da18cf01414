import { OutsideError } from "../core/errors.ts";
import { clusterTrouble } from "./cluster-trouble.ts";
import { describeFailure, lastLines, type Ran } from "./shell.ts";

/** Somebody else changed or created the object first. Reading again and repeating is the cure. */
export class ConflictError extends OutsideError {}

/** The identity may not do this. The message names the verb and the resource, as the server does. */
export class ForbiddenError extends OutsideError {}

/** The API server gave no answer. */
export class UnreachableError extends OutsideError {}

/** The object, or its kind, is not there. */
export class NotFoundError extends OutsideError {}

/** The error for a kubectl call that failed. The exit code said that it failed; the text only says why. */
export function errorOf(args: readonly string[], ran: Ran): OutsideError {
  const text = ran.stderr;
  const trouble = clusterTrouble(text);
  if (trouble !== undefined) return new OutsideError(trouble);
  const sentence = describe(args, ran);
  if (/\(Forbidden\)|is forbidden: User /.test(text)) return new ForbiddenError(sentence);
  if (/\((Conflict|AlreadyExists)\)/.test(text) || isFailedTest(args, text))
    return new ConflictError(sentence);
  if (/\(NotFound\)|doesn't have a resource type|no matches for kind/.test(text))
    return new NotFoundError(sentence);
  if (
    ran.timedOut ||
    /Unable to connect|The connection to the server|connection refused|TLS handshake|i\/o timeout|no such host|\(ServiceUnavailable\)|\(ServerTimeout\)|\(Timeout\)/.test(
      text,
    )
  )
    return new UnreachableError(sentence);
  return new OutsideError(sentence);
}

// A JSON patch whose `test` does not hold is answered as invalid, with no word about the test.
function isFailedTest(args: readonly string[], text: string): boolean {
  const isGuarded = args.includes("patch") && args.some((arg) => /"op"\s*:\s*"test"/.test(arg));
  return isGuarded && /The request is invalid: the server rejected our request due to an error/.test(text);
}

// client-go repeats itself in log lines before kubectl says its one sentence.
function describe(args: readonly string[], ran: Ran): string {
  const spoken = ran.stderr.split(/\r?\n/).filter((line) => !/^[EWI]\d{4} /.test(line));
  const kept = { ...ran, stderr: spoken.join("\n") || ran.stderr };
  const firstOption = args.findIndex((arg) => arg.startsWith("-"));
  const what = args.slice(0, firstOption === -1 ? 2 : Math.min(2, firstOption)).join(" ");
  if (ran.timedOut || ran.cancelled) return describeFailure("kubectl", args, kept);
  return `kubectl ${what} exited with ${ran.exitCode}: ${lastLines(kept.stderr || kept.stdout)}`;
}
