import { OutsideError } from "../../core/errors.ts";
import { lastLines, type Shell, shell } from "../../platform/shell.ts";

/** The namespaces of a world, as unshare calls them. */
export const namespaces = ["--mount", "--net", "--ipc", "--uts", "--pid"];

/** Refuses, in one sentence with the way out, where no world can be: before minutes go into its parts. */
export async function refuseWhereImpossible(
  run: Shell = shell,
  uid: number | undefined = process.getuid?.(),
): Promise<void> {
  if (uid !== 0) {
    throw new OutsideError(
      "The rehearsal needs root to make namespaces: run it as root, for example with sudo -E",
    );
  }
  const ran = await run("unshare", [...namespaces, "--fork", "--mount-proc", "true"]);
  if (ran.exitCode === 0) return;
  throw new OutsideError(
    `This machine does not let root make namespaces (${lastLines(ran.stderr)}): a container must run with --privileged`,
  );
}
