/** The values that must not appear in logs, summaries and job outputs. */
export class Masks {
  readonly #values = new Set<string>();

  /** Hides a value, each of its lines, and the forms in which tools usually print it. */
  add(value: string): void {
    for (const line of [value, ...value.split(/\r?\n/)]) {
      if (line.trim() === "") continue;
      this.#values.add(line);
      this.#values.add(JSON.stringify(line).slice(1, -1));
      this.#values.add(encodeURIComponent(line));
      this.#values.add(Buffer.from(line).toString("base64"));
    }
  }

  /** The text with every hidden value replaced. */
  mask(text: string): string {
    let masked = text;
    // Longest first: a value that contains another one must vanish as a whole.
    for (const value of [...this.#values].sort((left, right) => right.length - left.length)) {
      masked = masked.replaceAll(value, "***");
    }
    return masked;
  }

  /** Whether a text holds something hidden. */
  hides(text: string): boolean {
    return this.mask(text) !== text;
  }
}
