import { homedir } from "node:os";
import { join, matchesGlob, resolve } from "node:path";
import { ConfigError } from "../../core/errors.ts";
import type { Github } from "../github/server.ts";
import type { ArtifactState } from "../github/state.ts";
import { findArtifactFiles } from "./artifact-files.ts";

/** What the artifact actions are told by their step. */
export interface ArtifactRequest {
  readonly inputs: Readonly<Record<string, string>>;
  readonly workspace: string;
  readonly runId: number;
  readonly repository: string;
  readonly github: Github;
  onLine(line: string): void;
  onWarning(message: string): void;
  onStored(artifact: ArtifactState): void;
}

const defaultDays = 90;

/** Plays `actions/upload-artifact`; returns the step's outputs. */
export function uploadArtifact(request: ArtifactRequest): Record<string, string> {
  const { inputs, workspace, github, runId, repository } = request;
  const name = inputs.name ?? "";
  const pattern = inputs.path ?? "";
  if (pattern === "") throw new ConfigError("Input required and not supplied: path");
  const { root, files } = findArtifactFiles(pattern, workspace, isTrue(inputs, "include-hidden-files"));
  if (files.length === 0) {
    return ifNothing(
      request,
      `No files were found with the provided path: ${pattern}. No artifacts will be uploaded.`,
    );
  }
  const stored = github.artifacts.save({
    runId,
    name,
    root,
    files,
    retentionDays: retention(inputs["retention-days"]),
    overwrite: isTrue(inputs, "overwrite"),
  });
  request.onStored(stored);
  request.onLine(
    `Artifact ${name} has been stored: ${files.length} files, ${stored.bytes} bytes, ID ${stored.id}`,
  );
  return {
    "artifact-id": String(stored.id),
    "artifact-url": `https://github.com/${repository}/actions/runs/${runId}/artifacts/${stored.id}`,
    "artifact-digest": stored.digest.slice("sha256:".length),
  };
}

function ifNothing({ inputs, onLine, onWarning }: ArtifactRequest, message: string): Record<string, string> {
  const answer = inputs["if-no-files-found"];
  if (answer === "error") throw new ConfigError(message);
  if (answer === "warn") onWarning(message);
  else if (answer === "ignore") onLine(message);
  else throw new ConfigError(`Input "if-no-files-found" must be warn, error or ignore: got "${answer}"`);
  return {};
}

function retention(text: string | undefined): number {
  if (text === undefined || text === "" || text === "0") return defaultDays;
  const days = Number(text);
  if (days >= 1 && days <= defaultDays) return days;
  throw new ConfigError(`Input "retention-days" must be from 1 to ${defaultDays}: got "${text}"`);
}

/** Plays `actions/download-artifact`; returns the step's outputs. */
export function downloadArtifacts(request: ArtifactRequest): Record<string, string> {
  const { inputs, workspace, github, onLine } = request;
  const path = (inputs.path || workspace).replace(/^~/, homedir());
  const target = resolve(workspace, path);
  const artifacts = chooseArtifacts(request);
  // One artifact lands in the folder itself, however it was chosen; several get a folder each, by name.
  const isFlat = artifacts.length === 1 || isTrue(inputs, "merge-multiple");
  for (const artifact of artifacts) {
    const folder = isFlat ? target : join(target, artifact.name);
    github.artifacts.extract(artifact, folder);
    onLine(`Artifact ${artifact.name} (ID ${artifact.id}) extracted to ${folder}`);
  }
  onLine(`Total of ${artifacts.length} artifact(s) downloaded`);
  return { "download-path": target };
}

function chooseArtifacts(request: ArtifactRequest): readonly ArtifactState[] {
  const { inputs, github } = request;
  const { name = "", pattern = "", "artifact-ids": ids = "" } = inputs;
  if (name !== "" && ids !== "") {
    throw new ConfigError(
      "Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one.",
    );
  }
  const available = github.artifacts.list(sourceRun(request));
  if (name !== "") {
    const found = available.filter((artifact) => artifact.name === name);
    if (found.length === 0)
      throw new ConfigError(`Unable to download artifact(s): Artifact not found for name: ${name}`);
    return found;
  }
  if (ids !== "") return byIds(ids, available, request.onWarning);
  return available.filter((artifact) => pattern === "" || matchesGlob(artifact.name, pattern));
}

function byIds(ids: string, available: readonly ArtifactState[], onWarning: (text: string) => void) {
  const wanted = ids
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "");
  const bad = wanted.find((id) => !/^\d+$/.test(id));
  if (bad !== undefined) throw new ConfigError(`Invalid artifact ID: '${bad}'. Must be a number.`);
  const found = available.filter((artifact) => wanted.includes(String(artifact.id)));
  const missing = wanted.filter((id) => !found.some((artifact) => String(artifact.id) === id));
  if (found.length === 0) throw new ConfigError("None of the provided artifact IDs were found");
  if (missing.length > 0) onWarning(`Could not find the following artifact IDs: ${missing.join(", ")}`);
  return found;
}

// Without a token only the run's own artifacts can be read; with one, GitHub's API answers for any run.
function sourceRun({ inputs, github, runId, repository }: ArtifactRequest): number {
  const token = inputs["github-token"] ?? "";
  if (token === "") return runId;
  const asked = inputs.repository || repository;
  if (asked.toLowerCase() !== repository.toLowerCase()) {
    throw new ConfigError(`artifacts of "${asked}" are not modelled: the rehearsal has ${repository}`);
  }
  const grant = github.grantOf(token);
  if (grant === undefined) throw new ConfigError("Unable to download artifact(s): Bad credentials");
  if (grant.permissions.actions === undefined) {
    throw new ConfigError(
      "Unable to download artifact(s): Resource not accessible by integration (needs actions: read)",
    );
  }
  return Number(inputs["run-id"] || runId);
}

function isTrue(inputs: Readonly<Record<string, string>>, name: string): boolean {
  return inputs[name]?.toLowerCase() === "true";
}
