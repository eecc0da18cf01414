/** The expression that gives the text of a template such as `a-${{ x }}`; plain text gives a quoted string. */
export function templateToExpression(text: string): string {
  const parts = splitTemplate(text);
  const only = parts[0];
  if (parts.length === 1 && only?.kind === "expression") return only.text;
  if (parts.every((part) => part.kind === "text")) return quote(text);
  let format = "";
  const args: string[] = [];
  for (const part of parts) {
    if (part.kind === "text") {
      format += part.text.replaceAll("{", "{{").replaceAll("}", "}}");
    } else {
      format += `{${args.length}}`;
      args.push(part.text);
    }
  }
  return `format(${quote(format)}, ${args.join(", ")})`;
}

interface Part {
  readonly kind: "text" | "expression";
  readonly text: string;
}

function splitTemplate(text: string): readonly Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf("${{", from);
    const close = open < 0 ? -1 : closing(text, open + 3);
    if (close < 0) {
      if (from < text.length || parts.length === 0) parts.push({ kind: "text", text: text.slice(from) });
      return parts;
    }
    if (open > from) parts.push({ kind: "text", text: text.slice(from, open) });
    parts.push({ kind: "expression", text: text.slice(open + 3, close).trim() });
    from = close + 2;
  }
}

function closing(text: string, from: number): number {
  let quoted = false;
  for (let index = from; index < text.length; index++) {
    if (text[index] === "'") quoted = !quoted;
    if (!quoted && text.startsWith("}}", index)) return index;
  }
  return -1;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
