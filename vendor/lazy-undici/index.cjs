// Each name loads its part of the real package when it is first read. A bundler keeps this, and leaves out the parts
// nobody names (fetch, WebSocket, mocks, caches, cookies). `fetch` is Node's own, which takes the dispatcher of a proxy.
const parts = {
  ProxyAgent: () => {
    // The package's entry adds all of its calls to every dispatcher; a proxy needs this one.
    require("undici-real/lib/dispatcher/dispatcher").prototype.connect = require("undici-real/lib/api/api-connect");
    return require("undici-real/lib/dispatcher/proxy-agent");
  },
  fetch: () => globalThis.fetch,
};
for (const [name, get] of Object.entries(parts)) Object.defineProperty(exports, name, { enumerable: true, get });
// What importers of this package name, spelled out for the readers of CommonJS exports.
0 && (module.exports = { ProxyAgent, fetch });
