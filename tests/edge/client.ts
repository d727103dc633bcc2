/** A client of the edge's HTTP API, as plain as curl. */
import type { EdgeServer } from "./server.ts";

export const TOKEN = "the-token-of-the-tests";

export interface Result {
  readonly exitCode: number;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class EdgeClient {
  readonly #server: EdgeServer;
  readonly #token: string;

  constructor(server: EdgeServer, token = TOKEN) {
    this.#server = server;
    this.#token = token;
  }

  /** The same server, asked with another token. */
  as(token: string): EdgeClient {
    return new EdgeClient(this.#server, token);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.#token}`);
    return fetch(`${this.#server.url}${path}`, { ...init, headers });
  }

  /** Makes a machine; what the server says of it. */
  async create(name?: string, options: object = {}): Promise<{ name: string; token: string }> {
    const body = JSON.stringify({ name, ...options });
    const response = await this.fetch("/vms", { method: "POST", body });
    if (response.status !== 201) throw new Error(await response.text());
    return (await response.json()) as { name: string; token: string };
  }

  async exec(name: string, command: string): Promise<Result> {
    const response = await this.execRaw(name, command, "application/json");
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as Result;
  }

  /** What it writes to its output, where it succeeds. */
  async output(name: string, command: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.exec(name, command);
    if (exitCode !== 0) throw new Error(`${command}: status ${exitCode}: ${stderr}`);
    return stdout;
  }

  execRaw(name: string, command: string, accept: string, signal?: AbortSignal): Promise<Response> {
    return this.fetch(`/vms/${name}/exec`, {
      method: "POST",
      headers: { accept },
      body: JSON.stringify({ command }),
      ...(signal && { signal }),
    });
  }

  /** A WebSocket on a route of the machine; binary messages are ArrayBuffers. */
  async open(path: string, protocols: readonly string[] = ["isopod.1"]): Promise<WebSocket> {
    const url = `${this.#server.url.replace("http:", "ws:")}${path}`;
    const socket = new WebSocket(url, [...protocols, `isopod.token.${this.#token}`]);
    socket.binaryType = "arraybuffer";
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`${path}: the WebSocket was refused`));
    });
    return socket;
  }
}

/** Text that a terminal shows, and a way to await some of it. */
export class Screen {
  text = "";
  readonly #socket: WebSocket;
  readonly #decoder = new TextDecoder();
  #changed = Promise.withResolvers<void>();
  closed = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.text += typeof data === "string" ? data : this.#decoder.decode(data as ArrayBuffer);
      this.#tell();
    };
    socket.onclose = () => {
      this.closed = true;
      this.#tell();
    };
  }

  type(keys: string): void {
    this.#socket.send(new TextEncoder().encode(keys));
  }

  async shows(wanted: string | RegExp): Promise<void> {
    while (!(typeof wanted === "string" ? this.text.includes(wanted) : wanted.test(this.text))) {
      if (this.closed) throw new Error(`closed without ${wanted}: ${JSON.stringify(this.text)}`);
      await this.#changed.promise;
    }
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
