// The program of the images under test: it answers with who it is, and fails as its environment says.
const { createServer } = require("node:http");
const { env } = process;
const seconds = (name) => Number(env[name] ?? "0") * 1000;
const counts = { 200: 0, 500: 0 };
// How long answers took, in seconds.
const bounds = [0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5];
const within = bounds.map(() => 0);
let timed = 0;

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
  const begun = performance.now();
  setTimeout(() => {
    response.end(`version ${env.VERSION}\n`);
    const took = (performance.now() - begun) / 1000;
    bounds.forEach((bound, index) => {
      if (took <= bound) within[index]++;
    });
    timed++;
  }, seconds("DELAY") + workMs());
});

// A floor and an exponential tail: what response times of real services look like.
function workMs() {
  const base = Number(env.WORK_MS ?? "0") * Number(env.LATENCY_FACTOR ?? "1");
  return base * (0.7 - 0.3 * Math.log(1 - Math.random()));
}

function metrics() {
  const track = `track="${env.TRACK ?? "stable"}"`;
  const bucket = (le, count) => `request_seconds_bucket{le="${le}",${track}} ${count}\n`;
  return [
    ...Object.entries(counts).map(([code, count]) => `requests_total{code="${code}",${track}} ${count}\n`),
    ...bounds.map((bound, index) => bucket(bound, within[index])),
    bucket("+Inf", timed),
  ].join("");
}

server.keepAliveTimeout = 60_000;
setTimeout(() => server.listen(8080), seconds("START_DELAY"));
// Until everybody knows that this pod is leaving, it goes on answering.
process.on("SIGTERM", () => setTimeout(() => process.exit(0), Number(env.DRAIN_MS ?? "6000")));
