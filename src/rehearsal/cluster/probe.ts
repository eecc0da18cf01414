import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect } from "node:net";

export interface ProbeOptions {
  readonly ca?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** The status a URL answers with, or undefined when nothing answers. */
export function statusOf(url: string, options: ProbeOptions = {}): Promise<number | undefined> {
  return new Promise((resolve) => {
    const send = url.startsWith("https:") ? requestHttps : requestHttp;
    const request = send(url, {
      agent: false,
      timeout: options.timeoutMs ?? 2000,
      headers: { ...options.headers },
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    request.on("response", (response) => {
      response.resume();
      response.on("close", () => resolve(response.statusCode));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
    request.end();
  });
}

/** True when a URL answers 200. */
export async function answers(url: string, options: ProbeOptions = {}): Promise<boolean> {
  return (await statusOf(url, options)) === 200;
}

/** True when something listens on a Unix socket. */
export function listens(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
