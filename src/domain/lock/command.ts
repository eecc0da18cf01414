/** What a person tells a run that watches: hold the weight, or end it. */
export type LeaseCommand = "pause" | "abort";

export type ReadCommand =
  | { readonly kind: "none" }
  | {
      readonly kind: "known";
      readonly command: LeaseCommand /** What was written after it. */;
      readonly words: string;
    }
  | { readonly kind: "unknown"; readonly text: string };

/** The annotation's text: `pause` or `abort`, and after it who and why in free words. */
export function readCommand(text: string | undefined): ReadCommand {
  if (text === undefined || text.trim() === "") return { kind: "none" };
  const found = /^(pause|abort)(?:[\s:,;]+(.*))?$/is.exec(text.trim());
  if (found === null) return { kind: "unknown", text: text.trim() };
  const command: LeaseCommand = found[1]?.toLowerCase() === "abort" ? "abort" : "pause";
  return { kind: "known", command, words: (found[2] ?? "").replace(/\s+/g, " ").trim() };
}

/** Why a run ended that was told to abort. */
export function abortSentence(leaseName: string, words: string): string {
  const why = words === "" ? "" : `: ${words}`;
  return `aborted by command of annotation sluice/command on Lease ${leaseName}${why}`;
}
