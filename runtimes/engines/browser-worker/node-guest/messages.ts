/** What the kernel's worker and guests that run Node say to each other, beside what all guests do. */
import type { LibraryIndex } from "../../../node/library.ts";
import type { ThreadSpec } from "../../../node/threads.ts";
import type { SharedStock } from "./shared-memory.ts";

/** Comes with the port: lib/'s text, and our own scripts, guest.ts among them. */
export interface NodeGuestLibrary {
  readonly index: LibraryIndex;
  readonly text: SharedArrayBuffer;
  /** The guest boots for a thread of worker_threads. */
  readonly isWorkerThread: boolean;
}

/** The one program that the guest runs. */
export interface NodeGuestRequest {
  readonly memory: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  readonly slot: number;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** Which thread of the process it is; undefined: the main one. */
  readonly thread: ThreadSpec | undefined;
  /** Memory that threads of the process share; the same for all. */
  readonly stock: SharedStock;
}

/** What a guest asks for its process's threads. */
export type ThreadCall =
  | { readonly do: "start"; readonly spec: ThreadSpec }
  | { readonly do: "stop"; readonly id: number }
  | { readonly do: "end"; readonly code: number }
  | { readonly do: "hold"; readonly fd: number; readonly on: boolean };

/** Undefined where it makes no sense. What a start hands on only its own process's guests ever see. */
export function checkThreadCall(data: unknown): ThreadCall | undefined {
  const call = (data ?? {}) as Record<string, never>;
  const isNumber = (value: unknown) => Number.isInteger(value);
  switch (call["do"] as unknown) {
    case "start": {
      const { id, portFd, statusFd, argv, envp } = (call["spec"] ?? {}) as Partial<ThreadSpec>;
      const isWhole = [id, portFd, statusFd].every(isNumber);
      const hasTexts = [argv, envp].every((list) => Array.isArray(list));
      return isWhole && hasTexts ? (data as ThreadCall) : undefined;
    }
    case "stop":
      return isNumber(call["id"]) ? (data as ThreadCall) : undefined;
    case "end":
      return isNumber(call["code"]) ? (data as ThreadCall) : undefined;
    case "hold":
      return isNumber(call["fd"]) ? (data as ThreadCall) : undefined;
  }
  return undefined;
}
