import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigError } from "../../core/errors.ts";
import type { ArtifactState, GithubState } from "./state.ts";

/** What a job hands over. */
export interface ArtifactUpload {
  readonly runId: number;
  readonly name: string;
  /** The folder that becomes the root of the artifact, and paths of files inside it. */
  readonly root: string;
  readonly files: readonly string[];
  readonly retentionDays: number;
  readonly overwrite: boolean;
}

/** Artifacts of all runs, kept as folders. */
export class ArtifactStore {
  readonly folder: string;
  readonly #state: GithubState;

  constructor(folder: string, state: GithubState) {
    this.folder = folder;
    this.#state = state;
  }

  /** Stores files; a name is unique in its run and content never changes, as on GitHub. */
  save(upload: ArtifactUpload): ArtifactState {
    refuseBadName(upload.name);
    const known = this.find(upload.runId, upload.name);
    if (known !== undefined && !upload.overwrite) {
      throw new ConfigError(
        `artifact "${upload.name}" already exists in run ${upload.runId}: names are unique per run`,
      );
    }
    if (known !== undefined) this.#remove(known);
    const id = this.#state.nextId();
    const folder = join(this.folder, `${id}-${upload.name}`);
    const digest = createHash("sha256");
    let bytes = 0;
    for (const file of upload.files.toSorted()) {
      const target = join(folder, file);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(upload.root, file), target, { dereference: true });
      digest.update(`${file}\0`).update(readFileSync(target));
      bytes += statSync(target).size;
    }
    const now = new Date(this.#state.now());
    const expires = new Date(now.getTime() + upload.retentionDays * 86_400_000);
    const made: ArtifactState = {
      id,
      name: upload.name,
      runId: upload.runId,
      folder,
      files: upload.files.toSorted(),
      bytes,
      digest: `sha256:${digest.digest("hex")}`,
      createdAt: this.#state.now(),
      expiresAt: expires.toISOString().replace(/\.\d+Z$/, "Z"),
    };
    this.#state.artifacts.push(made);
    return made;
  }

  /** Artifacts of one run, oldest first. */
  list(runId: number): readonly ArtifactState[] {
    return this.#state.artifacts.filter((artifact) => artifact.runId === runId);
  }

  /** The artifact of that name in a run. */
  find(runId: number, name: string): ArtifactState | undefined {
    return this.list(runId).find((artifact) => artifact.name === name);
  }

  /** Copies the files of an artifact into a folder. */
  extract(artifact: ArtifactState, target: string): void {
    mkdirSync(target, { recursive: true });
    for (const file of artifact.files) {
      mkdirSync(dirname(join(target, file)), { recursive: true });
      cpSync(join(artifact.folder, file), join(target, file));
    }
  }

  #remove(artifact: ArtifactState): void {
    this.#state.artifacts.splice(this.#state.artifacts.indexOf(artifact), 1);
    rmSync(artifact.folder, { recursive: true, force: true });
  }
}

function refuseBadName(name: string): void {
  if (name === "" || /[":<>|*?\r\n\\/]/.test(name)) {
    throw new ConfigError(
      `artifact name must not be empty or contain ": < > | * ? / or backslash: got "${name}"`,
    );
  }
}
