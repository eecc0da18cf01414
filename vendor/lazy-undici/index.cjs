// Each name loads its part of the real package when it is first read. A bundler keeps this, and leaves out the parts
// nobody names (WebSocket, mocks, caches, cookies); plain Node reads them at import.
const parts = {
  ProxyAgent: () => require("undici-real/lib/dispatcher/proxy-agent"),
  Agent: () => require("undici-real/lib/dispatcher/agent"),
  EnvHttpProxyAgent: () => require("undici-real/lib/dispatcher/env-http-proxy-agent"),
  fetch: () => require("undici-real/lib/web/fetch").fetch,
  setGlobalDispatcher: () => require("undici-real/lib/global").setGlobalDispatcher,
  getGlobalDispatcher: () => require("undici-real/lib/global").getGlobalDispatcher,
};
for (const [name, get] of Object.entries(parts)) Object.defineProperty(exports, name, { enumerable: true, get });
// What importers of this package name, spelled out for the readers of CommonJS exports.
0 && (module.exports = { ProxyAgent, fetch, Agent, EnvHttpProxyAgent, setGlobalDispatcher, getGlobalDispatcher });
