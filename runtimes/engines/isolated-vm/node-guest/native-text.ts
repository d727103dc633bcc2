/**
 * Text in and out of memory by V8's own copies (text-natives.ts), a quarter of the host's speed or more:
 * V8 copies strings to and from a WebAssembly instance's memory, code of ours changes the encoding there
 * (text-code.ts).
 *
 * Architecture Invariant: V8 reads and writes where the instance says. So a program may have no say in what
 * is an instance: its bytes are made in the snapshot, the constructors are those that the process
 * began with, and nothing here meets a method or a getter that a program may have replaced.
 */
import type { StringModule } from "../../../node/text/string-module.ts";
import { ask } from "./inspection.ts";
import { PIECE, type TextCode, UNITS } from "./text-layout.ts";
import type { TextNatives } from "./text-natives.ts";

declare const __isopodTextCode: Uint8Array | undefined;
declare const __isopodTextNatives: TextNatives | undefined;

const natives = __isopodTextNatives;
const code = __isopodTextCode;
const { apply } = Reflect;
const { getOwnPropertyDescriptor } = Object;
const NOTHING: readonly [] = [];

/** Called before a program runs; what it returns makes the module when text is first long enough. */
export function nativeText(): (() => StringModule | undefined) | undefined {
  const { WebAssembly } = globalThis;
  if (!natives || !code || typeof WebAssembly === "undefined") return undefined;
  const { Module, Instance, Memory } = WebAssembly;
  const exportsOf = getterOf(Instance.prototype, "exports");
  const bufferOf = getterOf(Memory.prototype, "buffer");
  return () => {
    try {
      const instance = new Instance(new Module(code));
      const exports = apply(exportsOf, instance, NOTHING) as TextCode;
      const buffer = apply(bufferOf, exports.memory, NOTHING) as ArrayBuffer;
      ask(natives.attach(instance));
      return moduleOf(natives, exports, buffer);
    } catch {
      // A processor without vectors, or no memory left.
      return undefined;
    }
  };
}

function moduleOf(
  { fromUtf8, fromUnits, toUnits, toUtf8 }: TextNatives,
  code: TextCode,
  buffer: ArrayBuffer,
): StringModule {
  const take = (text: string): number => {
    ask(toUnits(UNITS, text));
    return text.length;
  };
  return {
    memory: { buffer },
    piece: PIECE,
    latin1: (length) => ask(fromUtf8(0, length)),
    units: {
      view: new Uint16Array(buffer, UNITS, PIECE),
      isAscii: (length) => code.isAscii(length) === 1,
      text: (length) => ask(fromUnits(UNITS, length)),
      take: (text) => ask(toUnits(UNITS, text)),
    },
    ascii: (length) => ask(fromUtf8(0, code.maskAscii(length))),
    utf8: (length) =>
      code.isAscii(length) === 1
        ? ask(fromUtf8(0, length))
        : ask(fromUnits(UNITS, code.utf8ToUnits(length))),
    utf16: (length) => ask(fromUnits(0, length)),
    toUtf8: (text) => code.unitsToUtf8(take(text)),
    asciiToUtf8: (text) => ask(toUtf8(text)),
    toUtf16(text) {
      ask(toUnits(0, text));
      return text.length;
    },
    utf8Length: (text) => code.utf8Length(take(text)),
    hex: (length) => ask(fromUtf8(UNITS, code.bytesToHex(length))),
    fromHex: (text) => code.hexToBytes(take(text)),
  };
}

function getterOf(prototype: object, name: string): () => unknown {
  return getOwnPropertyDescriptor(prototype, name)?.get as () => unknown;
}
