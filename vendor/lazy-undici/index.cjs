// Each name loads the real package when it is first read. A bundler keeps this; plain Node reads them at import.
for (const name of ["ProxyAgent", "fetch", "Agent", "EnvHttpProxyAgent", "setGlobalDispatcher", "getGlobalDispatcher"]) {
  Object.defineProperty(exports, name, {
    enumerable: true,
    get: () => require("undici-real")[name],
  });
}
// What importers of this package name, spelled out for the readers of CommonJS exports.
0 && (module.exports = { ProxyAgent, fetch, Agent, EnvHttpProxyAgent, setGlobalDispatcher, getGlobalDispatcher });
