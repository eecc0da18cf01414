import { existsSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { Place } from "./node.ts";
import { optional } from "./optional.ts";
import type { Refusals } from "./refusals.ts";
import type { Source } from "./source.ts";

/** A JavaScript action, read from its action.yml. */
export interface ActionFile {
  readonly source: Source;
  /** Path of its folder inside the repository; empty for the root. */
  readonly path: string;
  readonly main: string;
  readonly post?: string;
  readonly postIf?: string;
  readonly inputs: readonly ActionInput[];
}

/** An input as action.yml declares it. */
export interface ActionInput {
  readonly name: string;
  readonly defaultValue?: string;
  readonly deprecation?: string;
}

/** Reads `action.yml` in a folder of a source; anything but a node24 action is refused by name. */
export function readAction(source: Source, path: string, from: { at: Place; refusals: Refusals }) {
  const { at, refusals } = from;
  const file = ["action.yml", "action.yaml"]
    .map((name) => join(path, name))
    .find((name) => source.read(name));
  const text = file === undefined ? undefined : source.read(file);
  if (file === undefined || text === undefined) {
    refusals.add(at, `${source.repository} has no action.yml in ${path === "" ? "its root" : path}`);
    return undefined;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  for (const error of document.errors) {
    refusals.add({ file, line: lines.linePos(error.pos[0]).line }, error.message);
  }
  const runs = document.get("runs");
  const using = isMap(runs) ? String(runs.get("using")) : "nothing";
  if (!isMap(runs) || !/^node24$/i.test(using)) {
    refusals.add(at, `${file} runs with ${using}: the rehearsal models node24 actions only`);
    return undefined;
  }
  if (runs.has("pre")) refusals.add(at, `${file} has a pre script, which is not modelled by the rehearsal`);
  const field = (key: string) => (runs.has(key) ? String(runs.get(key)) : undefined);
  const action: ActionFile = {
    source,
    path,
    main: field("main") ?? "",
    ...optional("post", field("post")),
    ...optional("postIf", field("post-if")),
    inputs: readInputs(document.get("inputs")),
  };
  refuseMissingFiles(action, file, from);
  return action;
}

function refuseMissingFiles(
  action: ActionFile,
  file: string,
  { at, refusals }: { at: Place; refusals: Refusals },
) {
  if (action.source.folder === undefined) {
    refusals.add(at, `${file} lies in ${action.source.repository}: only actions of Sluice itself are run`);
    return;
  }
  for (const script of [action.main, action.post]) {
    if (script === undefined) continue;
    const path = join(action.source.folder, action.path, script);
    if (!existsSync(path)) refusals.add(at, `${file} names ${script}, which does not exist: build it first`);
  }
}

function readInputs(inputs: unknown): readonly ActionInput[] {
  if (!isMap(inputs)) return [];
  return inputs.items.map(({ key, value }) => {
    const fallback = isMap(value) ? value.get("default") : undefined;
    const deprecation = isMap(value) ? value.get("deprecationMessage") : undefined;
    return {
      name: isScalar(key) ? String(key.value) : String(key),
      ...optional("defaultValue", fallback === undefined || fallback === null ? undefined : String(fallback)),
      ...optional("deprecation", deprecation === undefined ? undefined : String(deprecation)),
    };
  });
}
