import type { Runner } from "./github-runner.ts";

/** Masks a secret and the forms in which tools print it: base64, URL-encoded, JSON-escaped, each line of it. */
export function maskSecret(runner: Pick<Runner, "mask">, secret: string): void {
  for (const form of formsOf(secret)) runner.mask(form);
}

const shortestMaskable = 4;

/** Every form of a secret that must not be seen. Shorter pieces than four characters would mask ordinary text. */
export function formsOf(secret: string): readonly string[] {
  const whole = [secret, ...secret.split(/\r?\n/)];
  const encoded = whole.flatMap((text) => {
    const base64 = Buffer.from(text).toString("base64");
    return [
      text,
      base64,
      base64.replace(/=+$/, ""),
      Buffer.from(text).toString("base64url"),
      encodeURIComponent(text),
      JSON.stringify(text).slice(1, -1),
    ];
  });
  return [...new Set(encoded)].filter((form) => form.length >= shortestMaskable);
}

/** Replaces every form of the given secrets, for texts that go into files rather than the log. */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap(formsOf).toSorted((a, b) => b.length - a.length);
  return forms.reduce((clean, form) => clean.replaceAll(form, "***"), text);
}
