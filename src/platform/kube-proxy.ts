import { Agent, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Shell } from "./shell.ts";

export interface ProxyCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
}

export interface ProxyAnswer {
  readonly status: number;
  readonly text: string;
}

/** `kubectl proxy` behind a socket in a private folder: one login for many calls, by the user's own plugins. */
export interface KubeProxy {
  /** Undefined where there is no proxy, or it gave no answer. */
  call(call: ProxyCall): Promise<ProxyAnswer | undefined>;
  /** Each line of an answer that does not end, until it does or the signal ends it. False where it never began. */
  follow(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<boolean>;
}

interface ProxyOptions {
  readonly shell: Shell;
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** Private: whoever reaches the socket has the identity's rights. */
  readonly folder: string;
  /** Ends the proxy. */
  readonly ending: AbortSignal;
}

// kubectl is asked after it, with a budget of its own.
const answerBudgetMs = 10_000;
const startBudgetMs = 5_000;

/** Starts the proxy. It is waited for by the first call. */
export function startKubeProxy({ shell, program, env, folder, ending }: ProxyOptions): KubeProxy {
  const socketPath = join(folder, "api.sock");
  const agent = new Agent({ keepAlive: true });
  ending.addEventListener("abort", () => agent.destroy(), { once: true });
  const isUp = new Promise<boolean>((resolve) => {
    const late = setTimeout(() => resolve(false), startBudgetMs);
    const gone = () => {
      clearTimeout(late);
      resolve(false);
    };
    shell(program, ["proxy", `--unix-socket=${socketPath}`], {
      env,
      signal: ending,
      graceMs: 500,
      onLine: (line) => {
        if (!line.startsWith("Starting to serve")) return;
        clearTimeout(late);
        resolve(true);
      },
    }).then(gone, gone);
  });
  const open = async (call: ProxyCall, signal: AbortSignal): Promise<IncomingMessage | undefined> =>
    (await isUp) ? send({ socketPath, agent, signal }, call).catch(() => undefined) : undefined;
  return {
    call: async (call) => {
      const budget = AbortSignal.any([AbortSignal.timeout(answerBudgetMs), ending]);
      const answer = await open(call, budget);
      return answer === undefined ? undefined : textOf(answer).catch(() => undefined);
    },
    follow: async (path, onLine, signal) => {
      const both = AbortSignal.any([signal, ending]);
      const answer = await open({ method: "GET", path }, both);
      if (answer?.statusCode !== 200) {
        answer?.destroy();
        return false;
      }
      await linesOf(answer, onLine);
      return true;
    },
  };
}

interface Connection {
  readonly socketPath: string;
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

function send(connection: Connection, { method, path, body, contentType }: ProxyCall) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      host: "localhost",
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
    };
    const sent = request({ ...connection, method, path, headers }, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
}

async function textOf(answer: IncomingMessage): Promise<ProxyAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") };
}

/** A stream that breaks has ended, like one that the server closed: whoever follows it asks again. */
function linesOf(answer: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on("line", onLine);
    lines.on("close", resolve);
    lines.on("error", () => lines.close());
    answer.on("close", () => lines.close());
  });
}
