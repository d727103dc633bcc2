/** internalBinding("encoding_binding"): TextEncoder and TextDecoder's short ways (encoding_binding.cc). */
import type { BindingFactory, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { lazyPart } from "../lazy.ts";
import { bytesOf, isBytes } from "../text/bytes.ts";
import type { LegacyDecoders } from "../text/legacy.ts";
import { decodeUtf8, encodeUtf8, isUtf8, type Progress, utf8Length } from "../text/units.ts";
import { idnaOf } from "../url/idna.ts";

export const encodingBinding: BindingFactory = (env) => {
  const encodeIntoResults = new Uint32Array(2);
  let windows1252: ((bytes: Uint8Array) => string) | undefined;
  return {
    encodeIntoResults,

    encodeInto(source: string, target: Uint8Array): void {
      const progress: Progress = { read: 0, written: 0 };
      encodeUtf8(source, target, 0, target.length, progress);
      encodeIntoResults[0] = progress.read;
      encodeIntoResults[1] = progress.written;
    },

    encodeUtf8String(text: string): Uint8Array {
      const bytes = new Uint8Array(utf8Length(text));
      encodeUtf8(text, bytes, 0, bytes.length);
      return bytes;
    },

    decodeUTF8(input: unknown, ignoreBom: boolean, fatal: boolean): string {
      const bytes = inputBytes(input, "list", "SharedArrayBuffer, ArrayBuffer or ArrayBufferView");
      if (fatal && !isUtf8(bytes)) throw invalidData("utf-8");
      const hasBom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
      return decodeUtf8(bytes, hasBom && !ignoreBom ? 3 : 0);
    },

    decodeWindows1252(input: unknown, _ignoreBom: boolean, _fatal: boolean): string {
      const kinds = "ArrayBuffer, SharedArrayBuffer, or ArrayBufferView";
      const bytes = inputBytes(input, "input", kinds);
      windows1252 ??= legacyDecoders(env).createSinglebyteDecoder("windows-1252", true);
      return windows1252(bytes);
    },

    // The same mapping as a URL's host takes.
    toASCII: (host: string) =>
      PLAIN.test(host) ? host.toLowerCase() : (idnaOf(env).toAscii(host) ?? ""),
    toUnicode: (host: string) => (PLAIN.test(host) ? host : idnaOf(env).toUnicode(host)),
  };
};

/** Nothing in it that the mapping would look at. */
const PLAIN = /^(?![\s\S]*xn--)[\0-\x7f]*$/i;

/** Their script is compiled when they are first asked for. */
export function legacyDecoders(env: Environment): LegacyDecoders {
  return lazyPart<LegacyDecoders>(env, "legacy");
}

export function inputBytes(input: unknown, name: string, kinds: string): Uint8Array {
  if (isBytes(input)) {
    // A buffer that was detached is empty.
    return (input as { detached?: boolean }).detached ? new Uint8Array() : bytesOf(input);
  }
  throw codedError(
    TypeError,
    "ERR_INVALID_ARG_TYPE",
    `The "${name}" argument must be an instance of ${kinds}.`,
  );
}

export function invalidData(encoding: string): Error {
  return codedError(
    TypeError,
    "ERR_ENCODING_INVALID_ENCODED_DATA",
    `The encoded data was not valid for encoding ${encoding}`,
  );
}
