// The program of the images under test: it answers with who it is, and fails as its environment says.
const { createServer } = require("node:http");
const { env } = process;
const seconds = (name) => Number(env[name] ?? "0") * 1000;
const counts = { 200: 0, 500: 0 };

if (env.EXIT_AT_START) {
  console.error(`version ${env.VERSION} cannot start`);
  process.exit(Number(env.EXIT_AT_START));
}
if (env.CRASH_AFTER) {
  setTimeout(() => {
    console.error(`version ${env.VERSION} has crashed`);
    process.exit(1);
  }, seconds("CRASH_AFTER"));
}

const server = createServer((request, response) => {
  if (request.url === "/metrics") return response.end(metrics());
  if (request.url === "/ready" || request.url === "/live") {
    response.statusCode = request.url === "/ready" && env.NEVER_READY ? 503 : 200;
    return response.end();
  }
  const isBad = Math.random() < Number(env.ERROR_SHARE ?? "0");
  response.statusCode = isBad ? 500 : 200;
  counts[response.statusCode]++;
  response.setHeader("x-sluice-track", env.TRACK ?? "stable");
  response.setHeader("x-sluice-version", env.VERSION ?? "");
  response.setHeader("x-sluice-release", env.RELEASE ?? "");
  setTimeout(() => response.end(`version ${env.VERSION}\n`), seconds("DELAY"));
});

function metrics() {
  return Object.entries(counts)
    .map(([code, count]) => `requests_total{code="${code}",track="${env.TRACK ?? "stable"}"} ${count}\n`)
    .join("");
}

server.keepAliveTimeout = 60_000;
setTimeout(() => server.listen(8080), seconds("START_DELAY"));
// Until everybody knows that this pod is leaving, it goes on answering.
process.on("SIGTERM", () => setTimeout(() => process.exit(0), Number(env.DRAIN_MS ?? "6000")));
