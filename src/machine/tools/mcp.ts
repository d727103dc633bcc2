/**
 * How programs of the machine reach its tools over MCP: a command, and a port on its loopback. The protocol
 * itself is loaded when somebody first speaks it.
 */
import {
  AF_INET,
  Errno,
  type Kernel,
  KernelError,
  type Main,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../../kernel/index.ts";
import { print, program } from "../../../runtimes/programs/program.ts";
import type { McpHttp } from "../mcp/http.ts";
import { acceptAll, unlessGone } from "./accept.ts";
import { MCP_COMMAND } from "./commands.ts";
import { callerOf, type Tools } from "./tools.ts";

/** MCP on a telephone's keys, and a nought. */
const PORT = 6270;
const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const CONNECTIONS_MAX = 128;
const BACKLOG = 128;

export class McpDoors {
  readonly #kernel: Kernel;
  readonly #tools: Tools;
  #port: number | undefined;
  #http: Promise<McpHttp> | undefined;

  constructor(kernel: Kernel, tools: Tools) {
    this.#kernel = kernel;
    this.#tools = tools;
  }

  /**
   * Listens; the port. It is another one where a program of the machine has it; undefined where the
   * machine may have no servers.
   */
  async listen(): Promise<number | undefined> {
    try {
      this.#port ??= await this.#listen(PORT).catch((reason) => {
        if (isErrno(reason, Errno.EADDRINUSE)) return this.#listen(0);
        throw reason;
      });
    } catch (reason) {
      if (!isErrno(reason, Errno.EACCES)) throw reason;
    }
    return this.#port;
  }

  /** The command `mcp-tools`. */
  readonly command: Main = program(MCP_COMMAND, async (sys, args) => {
    if (args.length > 0) {
      const isHelp = args[0] === "--help" || args[0] === "-h";
      await print(sys, this.#help(), isHelp ? 1 : 2);
      return isHelp ? 0 : 2;
    }
    const { serveOnStdio } = await import("../mcp/stdio.ts");
    return serveOnStdio(sys, this.#tools, callerOf(this.#kernel, sys.pid));
  });

  async #listen(port: number): Promise<number> {
    const { init } = this.#kernel;
    const fd = await init.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    try {
      await init.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      await init.bind(fd, { family: AF_INET, address: LOOPBACK, port, scope: 0 });
      await init.listen(fd, BACKLOG);
    } catch (reason) {
      await init.close(fd);
      throw reason;
    }
    void unlessGone(() => acceptAll(init, fd, CONNECTIONS_MAX, (call) => this.#serve(call)));
    return (await init.getsockname(fd)).port;
  }

  async #serve(fd: number): Promise<void> {
    this.#http ??= this.#load();
    await (await this.#http).serve(fd);
  }

  async #load(): Promise<McpHttp> {
    const { McpHttp } = await import("../mcp/http.ts");
    return new McpHttp(this.#kernel, this.#tools);
  }

  #help(): string {
    const port = this.#port;
    const http = port === undefined ? "" : ` The same over HTTP: http://127.0.0.1:${port}/mcp`;
    return `Usage: ${MCP_COMMAND}

Serves this machine's tools over the Model Context Protocol, on standard input
and output.${http}
`;
  }
}

function isErrno(reason: unknown, errno: Errno): boolean {
  return reason instanceof KernelError && reason.errno === errno;
}
