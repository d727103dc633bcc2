/**
 * Everything of tools in one machine that has some, or had: what there is, who answers calls, and how
 * programs find it.
 */
import type { Kernel, Main } from "../../../kernel/index.ts";
import type { ToolSpec } from "../../../runtimes/programs/tools/spec.ts";
import type { Embedder } from "../embedder.ts";
import type { Trees } from "../files/trees.ts";
import { ToolCommands } from "./commands.ts";
import { McpDoors } from "./mcp.ts";
import { ToolSocket } from "./tool-socket.ts";
import { Tools } from "./tools.ts";

export interface ToolParts {
  readonly kernel: Kernel;
  readonly trees: Trees;
  /** Of the machine; each tool's command becomes one of them. */
  readonly programs: Map<string, Main>;
  readonly thread: { readonly embedder: Embedder | undefined; readonly id: number };
}

export class MadeTools {
  readonly #tools: Tools;
  readonly #socket: ToolSocket;
  readonly #commands: ToolCommands;
  readonly #mcp: McpDoors;

  constructor({ kernel, trees, programs, thread }: ToolParts) {
    this.#tools = new Tools(kernel, thread.embedder, thread.id);
    this.#socket = new ToolSocket(kernel, this.#tools);
    this.#mcp = new McpDoors(kernel, this.#tools);
    this.#commands = new ToolCommands(kernel, trees, this.#tools, programs);
  }

  async replace(specs: readonly ToolSpec[]): Promise<void> {
    if (specs.length > 0) await this.#socket.start();
    const port = specs.length > 0 ? await this.#mcp.listen() : undefined;
    await this.#commands.install(specs, { main: this.#mcp.command, port });
    this.#tools.replace(specs);
  }

  list(): readonly ToolSpec[] {
    return this.#tools.list();
  }
}
