import { validate } from "@actions/languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";
import { parse } from "yaml";
import { read } from "./repository.ts";

/** The owner and name under which callers know this repository. */
export const ourRepository = "sluice-actions/sluice";
const anyCommit = "0".repeat(40);

/** What the three actions of GitHub's own that we use declare, as far as we use it. */
const known: Readonly<Record<string, { inputs: readonly string[]; outputs: readonly string[] }>> = {
  checkout: {
    inputs: ["persist-credentials", "ref", "path", "fetch-depth", "repository"],
    outputs: ["ref", "commit"],
  },
  "upload-artifact": {
    inputs: ["name", "path", "retention-days", "if-no-files-found", "overwrite"],
    outputs: ["artifact-id", "artifact-url", "artifact-digest"],
  },
  "download-artifact": {
    inputs: [
      "artifact-ids",
      "name",
      "path",
      "pattern",
      "merge-multiple",
      "github-token",
      "repository",
      "run-id",
    ],
    outputs: ["download-path"],
  },
};

let asked = 0;

/** What GitHub's own language service says against a file, each with its line. Nothing is the only good answer. */
export async function diagnose(path: string, text: string): Promise<readonly string[]> {
  // The service keeps what it has parsed by name, so that each question needs a name of its own.
  asked += 1;
  const uri = path.endsWith("action.yml")
    ? `file:///${asked}/${path}`
    : `file:///${asked}-${path.replaceAll("/", "-")}`;
  const document = TextDocument.create(uri, "yaml", 1, spelled(text));
  const found = await validate(document, {
    fileProvider: {
      getFileContent: async (reference) => ({ name: reference.path, content: spelled(read(reference.path)) }),
    },
    actionsMetadataProvider: { fetchActionMetadata: async (action) => metadataOf(action) },
  });
  return found.map(({ range, message }) => `${path}:${range.start.line + 1}: ${message}`);
}

/** The service does not know `$/` yet: written as what it knows. */
function spelled(text: string): string {
  return text
    .replaceAll(/uses: \$\/(\.github\/\S+)/g, "uses: ./$1")
    .replaceAll(/uses: \$\/(actions\/\S+)/g, `uses: ${ourRepository}/$1@${anyCommit}`);
}

interface Reference {
  readonly owner: string;
  readonly name: string;
  readonly path?: string;
}

function metadataOf({ owner, name, path }: Reference) {
  if (`${owner}/${name}` === ourRepository) return parse(read(`${path}/action.yml`));
  const declared = owner === "actions" ? known[name] : undefined;
  if (declared === undefined) return undefined;
  const described = (names: readonly string[]) =>
    Object.fromEntries(names.map((one) => [one, { description: one }]));
  return {
    name,
    description: name,
    inputs: described(declared.inputs),
    outputs: described(declared.outputs),
  };
}

/** Outputs of an action as a step's `uses` names it; undefined for one that is not known. */
export function outputsOf(uses: string): readonly string[] | undefined {
  const [, own, github] = /^\$\/(actions\/\S+)$|^actions\/([\w-]+)@/.exec(uses) ?? [];
  if (own !== undefined) return Object.keys(parse(read(`${own}/action.yml`)).outputs);
  return github === undefined ? undefined : known[github]?.outputs;
}
