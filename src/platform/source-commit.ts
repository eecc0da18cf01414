import type { ImageSource } from "../domain/image/labels.ts";
import type { Shell } from "./shell.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What git knows about a folder, else what the runner says about the run. */
export async function sourceOf(folder: string, env: Env, shell: Shell): Promise<ImageSource> {
  const git = await headOf(folder, shell);
  const revision = git?.revision ?? given(env.GITHUB_SHA);
  const repository = given(env.GITHUB_REPOSITORY);
  const server = given(env.GITHUB_SERVER_URL) ?? "https://github.com";
  const version = env.GITHUB_REF_TYPE === "tag" ? given(env.GITHUB_REF_NAME) : revision?.slice(0, 12);
  return {
    ...(repository === undefined ? {} : { url: `${server}/${repository}` }),
    ...(revision === undefined ? {} : { revision }),
    ...(git === undefined ? {} : { committedAt: git.committedAt }),
    ...(version === undefined ? {} : { version }),
  };
}

/** The commit that is checked out, or undefined: no git, no repository, or one that git does not trust. */
async function headOf(folder: string, shell: Shell) {
  try {
    const ran = await shell("git", ["-C", folder, "log", "-1", "--format=%H %cI"], { timeoutMs: 20_000 });
    const [revision = "", committedAt = ""] = ran.stdout.trim().split(" ");
    if (ran.exitCode !== 0 || !/^[0-9a-f]{40,64}$/.test(revision)) return undefined;
    return { revision, committedAt };
  } catch {
    return undefined;
  }
}

function given(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
