import { type Config, readConfig, readFaultsFile } from "./config.ts";
import { createMetrics } from "./metrics.ts";
import { postgresOrders } from "./postgres.ts";
import { createService } from "./server.ts";

const config = readConfig(process.env, readFaultsFile());
if (config.faults.crashAtStart) {
  console.error("cannot start: told to crash by a fault switch");
  process.exit(1);
}
const held = holdMemory(config.faults.memoryMb);
run(config);

function run({ databaseUrl, port, identity, shutdownDelayMs }: Config): void {
  const orders = postgresOrders(databaseUrl);
  let stopping = false;
  const { version, track, release, environment } = identity;
  const server = createService({
    config,
    orders,
    metrics: createMetrics({ track, release, environment, version }),
    isStopping: () => stopping,
    random: Math.random,
  });
  server.listen(port, () => {
    console.log(
      `web ${version} (${track}, ${environment}) listens on ${port}${held.length > 0 ? ", memory held" : ""}`,
    );
  });
  const stop = () => {
    if (stopping) return;
    stopping = true;
    console.log(`stopping: serving ${shutdownDelayMs} ms more until every proxy has forgotten this address`);
    setTimeout(() => {
      server.close(() => {
        void orders.close().finally(() => process.exit(0));
      });
    }, shutdownDelayMs);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function holdMemory(megabytes: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(megabytes) }, () => Buffer.alloc(1024 * 1024, 1));
}
