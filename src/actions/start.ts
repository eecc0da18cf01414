/** Starts one action by name. Each is loaded when it is asked for, so that a step pays for its own code only. */
export async function start(name: string): Promise<void> {
  const loaded = await load(name);
  await loaded.main();
}

function load(name: string): Promise<{ main(): Promise<void> }> {
  switch (name) {
    case "security-scan":
      return import("./security-scan/main.ts");
    case "build-push":
      return import("./build-push/main.ts");
    case "helm-deploy":
      return import("./helm-deploy/main.ts");
    case "canary-analyze":
      return import("./canary-analyze/main.ts");
    case "smoke-test":
      return import("./smoke-test/main.ts");
    case "rollback":
      return import("./rollback/main.ts");
    case "backup-verify":
      return import("./backup-verify/main.ts");
    default:
      throw new Error(`There is no action named ${name}`);
  }
}
