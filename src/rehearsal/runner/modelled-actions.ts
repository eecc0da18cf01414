/** An action of GitHub that the runner plays itself. */
export interface ModelledAction {
  readonly name: "checkout" | "upload-artifact" | "download-artifact";
  readonly repository: string;
  readonly sha: string;
  readonly version: string;
  readonly inputs: readonly string[];
  readonly defaults: Readonly<Record<string, string>>;
}

/** The three third-party actions our workflows use, each at the one commit whose behaviour is modelled. */
export const modelledActions: readonly ModelledAction[] = [
  {
    name: "checkout",
    repository: "actions/checkout",
    sha: "3d3c42e5aac5ba805825da76410c181273ba90b1",
    version: "v7.0.1",
    inputs: [
      "repository",
      "ref",
      "token",
      "path",
      "fetch-depth",
      "persist-credentials",
      "clean",
      "show-progress",
    ],
    defaults: { "fetch-depth": "1", "persist-credentials": "true", clean: "true" },
  },
  {
    name: "upload-artifact",
    repository: "actions/upload-artifact",
    sha: "043fb46d1a93c77aae656e7c1c64a875d1fc6a0a",
    version: "v7.0.1",
    inputs: [
      ...["name", "path", "if-no-files-found", "retention-days", "compression-level", "overwrite"],
      "include-hidden-files",
    ],
    defaults: {
      name: "artifact",
      "if-no-files-found": "warn",
      overwrite: "false",
      "include-hidden-files": "false",
    },
  },
  {
    name: "download-artifact",
    repository: "actions/download-artifact",
    sha: "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
    version: "v8.0.1",
    inputs: [
      "name",
      "artifact-ids",
      "path",
      "pattern",
      "merge-multiple",
      "github-token",
      "repository",
      "run-id",
    ],
    defaults: { "merge-multiple": "false" },
  },
];
