/** What a file system under the conformance suite can do besides the basics that all share. */
import type { FileSystem } from "../../../../kernel/vfs/file-system.ts";

export interface Subject {
  readonly name: string;
  /** An empty file system that everybody may write to. */
  make(): FileSystem;
  readonly abilities: Abilities;
}

export interface Abilities {
  /** Keeps set-user-id and set-group-id bits. */
  readonly setId: boolean;
  /** Keeps owners; else all files are one user's. */
  readonly owners: boolean;
  /** FIFOs, sockets and device nodes. */
  readonly nodes: boolean;
  /** Names that are not UTF-8. */
  readonly anyBytes: boolean;
  readonly exchange: boolean;
  readonly unnamed: boolean;
  readonly xattrs: boolean;
  /** Knows where holes are, and fallocate's modes. */
  readonly holes: boolean;
  /** Its times are the machine's clock's, and so stand still in a test. */
  readonly machineClock: boolean;
}

export const ALL: Abilities = {
  setId: true,
  owners: true,
  nodes: true,
  anyBytes: true,
  exchange: true,
  unnamed: true,
  xattrs: true,
  holes: true,
  machineClock: true,
};
