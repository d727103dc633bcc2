/** A call of a tool on its way from the kernel's thread to the embedder's function, and what comes back. */
import type { Asker } from "../../../kernel/index.ts";
import type { FrameType } from "../../../runtimes/programs/tools/frames.ts";

export interface ToolCall {
  /** Chosen by the caller; the embedder's for as long as the call goes on. */
  readonly call: number;
  readonly machine: number;
  readonly name: string;
  /** JSON. */
  readonly input: string;
  /** Somebody answers WANT. */
  readonly hasInput: boolean;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly asker: Asker;
}

/** In the terms of the frames that callers get. */
export interface ToolEvent {
  readonly type: FrameType;
  readonly payload: Uint8Array;
}
