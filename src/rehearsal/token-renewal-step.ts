import { setTimeout as sleep } from "node:timers/promises";
import { at } from "../core/json.ts";
import { pass } from "../core/verdict.ts";
import { runAction } from "../platform/action.ts";
import { readClusterAccess, withCluster } from "../platform/cluster-access.ts";
import { githubRunner } from "../platform/github-runner.ts";

const everyMs = 20_000;

/** A step that asks the cluster something every twenty seconds, for longer than two ID tokens live. */
await runAction("token-renewal", githubRunner, async (context) => {
  const access = readClusterAccess(githubRunner);
  const untilMs = Date.now() + Number(githubRunner.get("seconds")) * 1000;
  let asked = 0;
  await withCluster(context, access, async ({ kubectl, namespace }) => {
    for (; Date.now() < untilMs; asked++) {
      const secret = await kubectl.get("secret", "web-database", namespace);
      if (at(secret, "kind") !== "Secret" && secret !== undefined)
        throw new Error("The cluster answered something else");
      await sleep(Math.min(everyMs, Math.max(0, untilMs - Date.now())));
    }
  });
  context.runner.info(`asked ${asked} times`);
  return { verdict: pass, subject: {}, details: { asked }, outputs: {}, summary: "" };
});
