/**
 * How the API's values look where there is no Node: Uint8Arrays and web streams. See node.ts, whose
 * names these are. What only Node has fails and says what there is instead.
 */
import { IsopodError } from "../errors.ts";
import type { FileHandle } from "../fs/file-handle.ts";
import type { HostValues } from "./host-values.ts";

export { decode, encode, isEncoding } from "./encodings.ts";
export { inspect } from "./inspect.ts";

/** V8's; a longer text could not be made. */
export const MAX_STRING_LENGTH = 2 ** 29 - 24;

export const toBuffer: HostValues["toBuffer"] = (bytes) => bytes as Buffer;

/** As node:url words it. */
export const fileURLToPath: HostValues["fileURLToPath"] = (url) => {
  if (url.protocol !== "file:") {
    const error = new TypeError("The URL must be of scheme file");
    throw Object.assign(error, { code: "ERR_INVALID_URL_SCHEME" });
  }
  return decodeURIComponent(url.pathname);
};

/** Node's own matcher, with the options that Node gives it; loaded when it is first needed. */
export const globMatcher: HostValues["globMatcher"] = async () => {
  const { minimatch } = await import("minimatch");
  const options = {
    nonegate: true,
    nocomment: true,
    optimizationLevel: 2,
    platform: "linux",
  } as const;
  return (path, pattern) =>
    minimatch(path, pattern, { ...options, windowsPathsNoEscape: true, nocaseMagicOnly: true });
};

export function readStream(): never {
  throw notHere("createReadStream", "use (await vm.fs.open(path)).readableWebStream()");
}

export function writeStream(): never {
  throw notHere("createWriteStream", 'use (await vm.fs.open(path, "w")).write(bytes)');
}

/** Lines as they are read; the file's end ends them. */
export const readLines: HostValues["readLines"] = (file) => lines(file) as never;

async function* lines(file: FileHandle): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of file.readableWebStream()) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = pieces.pop() as string;
    yield* pieces;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

function notHere(name: string, instead: string): IsopodError {
  return new IsopodError("ERR_NOT_ON_THIS_HOST", `${name} needs Node: here, ${instead}`);
}

/** As much of Node's as a FileHandle shows: its "close" event. */
export class EventEmitter {
  readonly #listeners = new Map<string, Set<(...args: unknown[]) => void>>();

  on(name: string, listener: (...args: unknown[]) => void): this {
    const known = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, known.add(listener));
    return this;
  }

  once(name: string, listener: (...args: unknown[]) => void): this {
    const first = (...args: unknown[]) => {
      this.off(name, first);
      listener(...args);
    };
    return this.on(name, first);
  }

  off(name: string, listener: (...args: unknown[]) => void): this {
    this.#listeners.get(name)?.delete(listener);
    return this;
  }

  emit(name: string, ...args: unknown[]): boolean {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    for (const listener of listeners) listener(...args);
    return listeners.length > 0;
  }
}
