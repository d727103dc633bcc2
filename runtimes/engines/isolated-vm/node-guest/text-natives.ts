/**
 * V8's own copies between strings and the memory of a WebAssembly instance, which it has for languages
 * that compile to WebAssembly: natives, as in natives.ts, and like those in the snapshot only. The text
 * below stands behind heap-fields.ts, whose accessors it needs; it tries what it made where there is
 * WebAssembly, which is in the isolate that finds out what the snapshot has to hold.
 *
 * Architecture Invariant: `attach` gets an instance that native-text.ts made with V8's own constructor, of
 * one memory: V8 would take anything else for one too. What V8 keeps of it stays in functions that are
 * never optimized: V8's compiler ends the process over a constant of that kind.
 */
export interface TextNatives {
  /** Addresses are those of the memory of `instance` from now on. */
  attach(instance: WebAssembly.Instance): Generator<never, void>;
  /** A string of UTF-8; U+FFFD for every maximal part of what is not valid. */
  fromUtf8(address: number, bytes: number): Generator<never, string>;
  /** A string of units; of one byte for each where that is enough. */
  fromUnits(address: number, units: number): Generator<never, string>;
  toUnits(address: number, text: string): Generator<never, void>;
  /** UTF-8 from address 0, U+FFFD for lone surrogates; the number of bytes. */
  toUtf8(text: string): Generator<never, number>;
}

/** `code` is the module of text-code.ts, which native-text.ts makes an instance of. */
export function textNatives(code: Uint8Array): string {
  return `const __isopodTextCode = Uint8Array.of(${code.join()});\n${NATIVES}`;
}

/** What stands for them where V8 is another one than they were written for. */
export const NO_TEXT_NATIVES =
  "const __isopodTextCode = undefined, __isopodTextNatives = undefined;\n";

/** V8 believes numbers to be small integers: `| 0` makes them so, whatever they were. */
const NATIVES = `const __isopodTextNatives = __isopodHeapFields && (() => {
  const { apply } = Reflect, { next, instanceData } = __isopodHeapFields, NOTHING = [];
  const EMPTY_MODULE = [0, 97, 115, 109, 1, 0, 0, 0], ONE_MEMORY = [5, 3, 1, 0, 1];
  let data;
  const natives = {
    *attach(instance) {
      if (instance !== undefined) data = apply(next, instanceData(instance), NOTHING).value;
    },
    *fromUtf8(address, bytes) {
      if (data !== undefined) return %WasmStringNewWtf8(data, 0, 3, address | 0, bytes | 0);
    },
    *fromUnits(address, units) {
      if (data !== undefined) return %WasmStringNewWtf16(data, 0, address | 0, units | 0);
    },
    *toUnits(address, text) {
      if (data === undefined || typeof text !== "string") return;
      %WasmStringEncodeWtf16(data, 0, text, address | 0, 0, text.length | 0);
    },
    *toUtf8(text) {
      if (data === undefined || typeof text !== "string") return 0;
      return %WasmStringEncodeWtf8(data, 0, 3, text, 0);
    },
  };
  for (const native of Object.values(natives)) {
    native().next();
    %NeverOptimizeFunction(native);
  }
  if (typeof WebAssembly === "undefined") return natives;
  const module = new WebAssembly.Module(Uint8Array.of(...EMPTY_MODULE, ...ONE_MEMORY));
  natives.attach(new WebAssembly.Instance(module)).next();
  const inAndOut = (text) => {
    natives.toUnits(64, "<" + text).next();
    return natives.fromUnits(66, text.length).next().value;
  };
  // Often enough for V8 to compile them.
  for (let turn = 0; turn < 2000; turn++) {
    for (const text of ["", "latin1 \\xe9\\xff", "wide \\u20ac \\ud83d"]) {
      if (inAndOut(text) !== text) throw new Error("another text");
    }
    const bytes = natives.toUtf8("ab\\ud83d").next().value;
    if (natives.fromUtf8(0, bytes).next().value !== "ab\\ufffd") throw new Error("another UTF-8");
  }
  return natives;
})();
`;
