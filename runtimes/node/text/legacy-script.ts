/**
 * Decoders of the WHATWG's old encodings: a script of its own, since their tables are large and few
 * programs meet such text. It is compiled when one does (lazy.ts). https://encoding.spec.whatwg.org/
 */
import { createMultibyteDecoder } from "@exodus/bytes/multi-byte.js";
import { createSinglebyteDecoder } from "@exodus/bytes/single-byte.js";
import type { LegacyDecoders } from "./legacy.ts";

declare const register: (part: LegacyDecoders) => void;

register({ createMultibyteDecoder, createSinglebyteDecoder });
