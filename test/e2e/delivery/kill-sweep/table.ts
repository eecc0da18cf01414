import type { Row } from "./lane.ts";

/** What the numbers of a table were made on. */
export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly helm: string;
  readonly kubernetes: string;
  readonly minutes: number;
}

/** The result of a sweep as Markdown. */
export function sweepTable(rows: readonly Row[], machine: Machine): string {
  const killed = rows.filter(({ isKilled }) => isKilled).length;
  const wrong = rows.filter(({ problems }) => problems.length > 0).length;
  const requests = rows.reduce((sum, row) => sum + row.requests, 0);
  const lost = rows.reduce((sum, row) => sum + row.lost, 0);
  const header = [
    `# Kill sweep, ${machine.date}`,
    "",
    `${killed} actions were killed on the way and ${rows.length - killed} came to their end before their point; ` +
      `something was wrong after ${wrong}. ${requests} requests, ${lost} lost.`,
    "",
    `${machine.cores} cores, ${machine.memoryGiB} GiB of memory, Node ${machine.node}, Helm ${machine.helm}, ` +
      `Kubernetes ${machine.kubernetes}, ${machine.minutes} minutes.`,
    "",
    "`cancel` is SIGINT to the node process, SIGTERM 7.5 s later, SIGKILL to the tree 2.5 s after that, as GitHub does it; " +
      "`terminate` is SIGTERM, and SIGKILL to the tree after 10 s; `lose` is SIGKILL to the whole tree at once. What came " +
      "next: `same-job`, the rollback step of that job; `recover`, mode recover in another run; `again`, another run that " +
      "began the same thing again.",
    "",
    "| killed | when it | by | its verdict | ended after | next | serves then | requests | lost | wrong |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  const lines = rows.map((row) => {
    const name = `${row.lane.replace("sweep-", "").replace(`-${row.killed}`, "")} ${row.killed}`;
    const seconds = row.isKilled ? `${row.seconds.toFixed(1)} s` : "before";
    const cells = [name, row.trigger, row.ending, row.said || "none", seconds, row.next, row.serves];
    return `| ${[...cells, row.requests, row.lost, row.problems.join("; ")].join(" | ")} |`;
  });
  return `${[...header, ...lines].join("\n")}\n`;
}
