// The toolkit's client for GitHub asks through undici, and needs of it one thing that Node's own fetch lacks: the way
// through a company's proxy. This is that way, over the tunnels that the toolkit's other requests take. Without a proxy
// it is Node's fetch.
const http = require("node:http");
const https = require("node:https");
const { Readable } = require("node:stream");

/** Where a proxy is, and what it wants to know of who asks. */
class ProxyAgent {
  constructor({ uri, token }) {
    this.proxy = new URL(uri);
    this.token = token;
  }

  /** An agent whose connections to the origin go through the proxy. */
  agentFor(origin) {
    const tunnel = require("tunnel");
    const { protocol, hostname: host, port } = this.proxy;
    const isSafe = protocol === "https:";
    const open = tunnel[`${origin.protocol === "https:" ? "https" : "http"}Over${isSafe ? "Https" : "Http"}`];
    const [, login] = /^Basic (.*)$/.exec(this.token ?? "") ?? [];
    const proxyAuth = login === undefined ? {} : { proxyAuth: Buffer.from(login, "base64").toString() };
    return open({ proxy: { host, port: Number(port) || (isSafe ? 443 : 80), ...proxyAuth } });
  }
}

const mostRedirects = 5;

async function fetch(input, { dispatcher, ...options } = {}) {
  if (!(dispatcher instanceof ProxyAgent)) return globalThis.fetch(input, options);
  const request = new Request(input, options);
  const asked = {
    method: request.method,
    headers: Object.fromEntries(request.headers),
    body: Buffer.from(await request.arrayBuffer()),
    signal: request.signal,
  };
  return follow(dispatcher, { ...asked, url: new URL(request.url) }, mostRedirects);
}

async function follow(dispatcher, asked, left) {
  const answer = await exchange(dispatcher, asked);
  const place = answer.headers.get("location");
  if (![301, 302, 303, 307, 308].includes(answer.status) || place === null || left === 0) return answer;
  await answer.body?.cancel();
  const url = new URL(place, asked.url);
  const { authorization: _secret, ...foreign } = asked.headers;
  const headers = url.origin === asked.url.origin ? asked.headers : foreign;
  const losesBody = answer.status === 303 || (answer.status < 303 && asked.method === "POST");
  const next = losesBody ? { method: "GET", body: Buffer.alloc(0) } : {};
  return follow(dispatcher, { ...asked, ...next, url, headers }, left - 1);
}

function exchange(dispatcher, { url, method, headers, body, signal }) {
  const send = url.protocol === "https:" ? https.request : http.request;
  const length = body.length === 0 ? {} : { "content-length": String(body.length) };
  return new Promise((resolve, reject) => {
    const agent = dispatcher.agentFor(url);
    const request = send(url, { method, headers: { ...headers, ...length }, agent, signal }, (answer) => {
      const hasBody = method !== "HEAD" && ![204, 205, 304].includes(answer.statusCode);
      if (!hasBody) answer.resume();
      const response = new Response(hasBody ? Readable.toWeb(answer) : null, {
        status: answer.statusCode,
        statusText: answer.statusMessage,
        headers: Object.entries(answer.headersDistinct).flatMap(([name, values]) => values.map((one) => [name, one])),
      });
      resolve(Object.defineProperty(response, "url", { value: url.href }));
    });
    request.on("error", (cause) =>
      reject(signal.aborted ? signal.reason : new TypeError("fetch failed", { cause })),
    );
    request.end(body);
  });
}

exports.ProxyAgent = ProxyAgent;
exports.fetch = fetch;
