const transient =
  /toomanyrequests|too many requests|429|rate limit|timed? ?out|deadline exceeded|no such host|server misbehaving|connection re(?:fused|set)|TLS handshake|\b5\d\d\b|unexpected EOF|temporary failure/i;

const permanent =
  /not found|manifest unknown|name unknown|does not exist|denied|unauthorized|authentication required|forbidden|no match for platform|invalid reference/i;

/** Whether waiting may help a failed pull: a registry that is busy recovers, an image that is not there does not come. */
export function pullOutlook(message: string): "permanent" | "transient" | "unknown" {
  if (transient.test(message)) return "transient";
  return permanent.test(message) ? "permanent" : "unknown";
}
