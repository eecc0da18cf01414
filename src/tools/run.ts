import { spawn } from "node:child_process";

const root = new URL("../../", import.meta.url).pathname;

/** Runs a developer's tool in the repository's root, its output shown; a non-zero exit is an error. */
export function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { cwd: root, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args[0] ?? ""} exited with ${code}`));
    });
  });
}
