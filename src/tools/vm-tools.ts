/** `vm.tools`: what the machine's programs may call, and its changes while it runs. */
import type { ToolSpec } from "../../runtimes/programs/tools/spec.ts";
import { IsopodError } from "../errors.ts";
import type { RemoteMachine } from "../remote-machine.ts";
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
    const { normalizeTools } = await import("./normalize.ts");
    const before = this.#machine.embedding.tools.specs;
    const added = normalizeTools("vm.tools.add", tools);
    await this.#tell([
      ...before.filter(({ name }) => !added.some(({ spec }) => spec.name === name)),
      ...added.map(({ spec }) => spec),
    ]);
    this.#machine.embedding.tools.add(added);
  }

  /** Takes a tool away; false where there is none of that name. Calls that are under way go on. */
  async remove(name: string): Promise<boolean> {
    const { tools } = this.#machine.embedding;
    const left = tools.specs.filter((spec) => spec.name !== name);
    if (left.length === tools.specs.length) return false;
    await this.#tell(left);
    return tools.delete(name);
  }

  async #tell(specs: ToolSpec[]): Promise<void> {
    try {
      await this.#machine.machine("setTools", specs);
    } catch (reason) {
      const { code } = reason as { code?: unknown };
      throw code === "ERR_NO_SUCH_OPERATION" ? toolsElsewhere("vm.tools") : reason;
    }
  }
}

/** Of a machine that another process has. */
export function toolsElsewhere(where: string): IsopodError {
  const why = "a machine's tools are functions of the process that serves it: give them there";
  return new IsopodError("ERR_NOT_ON_THIS_HOST", `${where}: ${why}`);
}
