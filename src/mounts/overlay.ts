/** Memory over a file system that is mounted nowhere itself: what is changed stays in the machine. */
import type { FileSystem, Machine } from "../../kernel/vfs/file-system.ts";
import { MemoryFileSystem } from "../../kernel/vfs/memory/file-system.ts";

export class OverlayFileSystem extends MemoryFileSystem {
  readonly #lower: FileSystem;

  constructor(lower: FileSystem) {
    super({ lower: [lower.root] });
    this.#lower = lower;
  }

  override attach(machine: Machine): void {
    this.#lower.attach?.(machine);
    super.attach(machine);
  }

  override detach(): void {
    super.detach();
    this.#lower.detach?.();
  }
}
