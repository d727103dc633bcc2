/** What the imports of one program share. */
import type { BlockingSyscalls } from "../../kernel/abi.ts";
import { Descriptors } from "./descriptors.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import { GuestMemory } from "./memory.ts";
import { Paths } from "./paths.ts";
import { Stats } from "./stats.ts";

export interface OpenOptions {
  /** Of a file that it creates. */
  readonly mode?: number;
  /** O_DIRECT. */
  readonly direct?: boolean;
}

const NO_OPTIONS: OpenOptions = {};

export class ProgramContext {
  readonly kernel: GuestKernel;
  readonly sys: BlockingSyscalls;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  readonly memory: GuestMemory;
  readonly paths: Paths;
  readonly stats: Stats;
  readonly descriptors: Descriptors;
  /** Set for the next path_open alone. */
  openOptions: OpenOptions = NO_OPTIONS;
  /** False for a program that has no means to open a file by its path, or none from a working directory. */
  opensPaths: boolean;

  /** `preopens`: names of the open directories, from descriptor 3 on, that are all it may reach. */
  constructor(
    kernel: GuestKernel,
    argv: readonly string[],
    envp: readonly string[],
    preopens?: readonly string[],
  ) {
    this.kernel = kernel;
    this.sys = kernel.sys;
    this.argv = argv;
    this.envp = envp;
    this.memory = new GuestMemory((bytes) => kernel.noteMemory(bytes));
    this.stats = new Stats(kernel);
    this.descriptors = new Descriptors(kernel);
    this.paths = new Paths(kernel, (fd) => this.descriptors.isDirectory(fd), preopens);
    this.opensPaths = preopens === undefined;
  }

  /** Gives `openOptions` to the path_open that runs. */
  takeOpenOptions(): OpenOptions {
    return this.kernel.once(() => {
      const options = this.openOptions;
      this.openOptions = NO_OPTIONS;
      return options;
    });
  }
}
