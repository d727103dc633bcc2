/** The tools of one machine. Most have none, and load nothing of what makes them. */
import { AT_FDCWD, KernelError } from "../../../kernel/index.ts";
import type { ToolSpec } from "../../../runtimes/programs/tools/spec.ts";
import type { MadeTools, ToolParts } from "./made-tools.ts";
import { ABOUT } from "./places.ts";

export class MachineTools {
  readonly #parts: ToolParts;
  #made: MadeTools | undefined;

  constructor(parts: ToolParts) {
    this.#parts = parts;
  }

  /** `hasPast`: an earlier life of the machine may have left files of other tools. */
  async start(specs: readonly ToolSpec[], hasPast: boolean): Promise<void> {
    if (specs.length > 0 || (hasPast && (await this.#hasFiles()))) await this.replace(specs);
  }

  async replace(specs: readonly ToolSpec[]): Promise<void> {
    const { MadeTools } = await import("./made-tools.ts");
    this.#made ??= new MadeTools(this.#parts);
    await this.#made.replace(specs);
  }

  list(): readonly ToolSpec[] {
    return this.#made?.list() ?? [];
  }

  async #hasFiles(): Promise<boolean> {
    try {
      await this.#parts.kernel.init.faccessat2(AT_FDCWD, ABOUT, 0, 0);
      return true;
    } catch (reason) {
      if (reason instanceof KernelError) return false;
      throw reason;
    }
  }
}
