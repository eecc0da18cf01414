const longest = 420;
const shownStart = 150;

/** A text from the cluster as one line; of a long one the middle is left out, since the cause stands at its end. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= longest) return line;
  return `${line.slice(0, shownStart)} … ${line.slice(line.length - (longest - shownStart - 3))}`;
}
