/** What the kernel's worker tells guests that run Node. */
import type { LibraryIndex } from "../../../node/library.ts";

/** Comes with the port: lib/'s text, and our own scripts, guest.ts among them. */
export interface NodeGuestLibrary {
  readonly index: LibraryIndex;
  readonly text: SharedArrayBuffer;
}

/** The one program that the guest runs. */
export interface NodeGuestRequest {
  readonly memory: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  readonly slot: number;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
}
