/** What values/node.ts and values/web.ts both export, so that neither forgets a name. */
import type { Interface } from "node:readline";
import type { FileHandle } from "../fs/file-handle.ts";
import type { ReadStreamOptions } from "../fs/node-streams.ts";

export interface HostValues {
  readonly MAX_STRING_LENGTH: number;
  /** True for the names of encodings that encode and decode know, in any case. */
  isEncoding(name: string): name is BufferEncoding;
  /** The same bytes as the host's own kind of byte array: a Buffer, or themselves. */
  toBuffer(bytes: Uint8Array): Buffer;
  encode(text: string, encoding: BufferEncoding): Uint8Array;
  decode(bytes: Uint8Array, encoding: BufferEncoding): string;
  /** A value as error messages show it. */
  inspect(value: unknown, options?: { depth?: number; breakLength?: number }): string;
  fileURLToPath(url: URL): string;
  /** Whether a path matches a pattern, as node:path has it. */
  globMatcher(): Promise<(path: string, pattern: string) => boolean>;
  readLines(file: FileHandle, options: ReadStreamOptions): Interface;
}
