/** `vm.tools`: what the machine's programs may call, and its changes while it runs. */
import type { RemoteMachine } from "../remote-machine.ts";
import { normalizeTools } from "./normalize.ts";
import type { Tool, ToolGroup } from "./tool.ts";

export class VmTools {
  readonly #machine: RemoteMachine;

  constructor(machine: RemoteMachine) {
    this.#machine = machine;
  }

  /** Their names, with dots between groups and tool. */
  list(): string[] {
    return this.#machine.embedding.tools.specs.map(({ name }) => name).toSorted();
  }

  /** Adds tools, or groups of them, by name; those of the same name are replaced. */
  async add(tools: Record<string, Tool | ToolGroup>): Promise<void> {
    this.#machine.embedding.tools.add(normalizeTools("vm.tools.add", tools));
    await this.#tell();
  }

  /** Takes a tool away; false where there is none of that name. Calls that are under way go on. */
  async remove(name: string): Promise<boolean> {
    if (!this.#machine.embedding.tools.delete(name)) return false;
    await this.#tell();
    return true;
  }

  async #tell(): Promise<void> {
    await this.#machine.machine("setTools", this.#machine.embedding.tools.specs);
  }
}
