import type { Runner } from "./github-runner.ts";

/** Output of a tool that is shown while it runs. */
export interface FollowedOutput {
  readonly onLine: (line: string) => void;
  /** Shows what is left. */
  end(): void;
}

const showEveryMs = 1000;

/** Shows a tool's lines about once a second: each batch costs two lines that keep workflow commands from working. */
export function followOutput(runner: Pick<Runner, "printForeign">): FollowedOutput {
  let lines: string[] = [];
  const show = () => {
    runner.printForeign(lines);
    lines = [];
  };
  const timer = setInterval(show, showEveryMs);
  return {
    onLine: (line) => lines.push(line),
    end: () => {
      clearInterval(timer);
      show();
    },
  };
}
