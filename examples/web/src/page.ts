import type { Identity } from "./config.ts";

/** The page people see. */
export function welcomePage({ version, track, environment }: Identity): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Orders</title></head>
<body>
<h1>Welcome</h1>
<p>This is the order service, version ${escapeHtml(version)} (${escapeHtml(track)}) in ${escapeHtml(environment)}.</p>
<p><a href="/api/orders">The newest orders</a></p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
