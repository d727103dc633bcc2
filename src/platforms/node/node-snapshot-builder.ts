/**
 * Builds the V8 snapshot that Node guests start from. A process of its own, run with
 * `--allow-natives-syntax`, which no guest may have:
 *
 *     node --allow-natives-syntax node-snapshot-builder.ts INPUT OUTPUT [--no-text-natives | --no-heap-fields]
 *
 * The main thread of a process and its worker_threads begin as different ones (SnapshotInput).
 */
import { readFileSync, writeFileSync } from "node:fs";
import ivm from "isolated-vm";
import {
  HEAP_FIELDS,
  NO_HEAP_FIELDS,
} from "../../../runtimes/engines/isolated-vm/node-guest/heap-fields.ts";
import { NATIVES } from "../../../runtimes/engines/isolated-vm/node-guest/natives.ts";
import { textCode } from "../../../runtimes/engines/isolated-vm/node-guest/text-code.ts";
import {
  NO_TEXT_NATIVES,
  textNatives,
} from "../../../runtimes/engines/isolated-vm/node-guest/text-natives.ts";
import { builtinParameters } from "../../../runtimes/node/bindings/builtins.ts";
import { applyEdits, type Edit } from "../../../runtimes/node/modules/edits.ts";

/** What node-snapshot.ts writes to INPUT. */
export interface SnapshotInput {
  readonly bundle: string;
  /** JSON of the library's index, and of the modules. */
  readonly index: string;
  readonly modules: Record<string, string>;
  readonly isWorkerThread: boolean;
}

/** See node-guest/warm-up.ts. */
const WARM_UP = "isopodWarmUp()";

const [input, output, option] = process.argv.slice(2) as [string, string, string?];
const fields = option === "--no-heap-fields" ? NO_HEAP_FIELDS : HEAP_FIELDS;
const ofText = option === undefined ? textNatives(textCode()) : NO_TEXT_NATIVES;
const { bundle, index, modules, isWorkerThread } = JSON.parse(
  readFileSync(input, "utf8"),
) as SnapshotInput;
const acorn = loadAcorn();
const snapshot = ivm.Isolate.createSnapshot(
  scripts(findUsed()),
  isWorkerThread ? undefined : WARM_UP,
);
writeFileSync(output, Buffer.from(snapshot.copy()));
// Isolates may live on in threads of V8's; nothing here waits for them.
process.exit(0);

interface Used {
  /** Of lib/, which become functions. */
  readonly modules: readonly string[];
  readonly sources: readonly string[];
}

/** What the bundle asks for while it boots and warms up: nothing else need be in the snapshot. */
function findUsed(): Used {
  const isolate = new ivm.Isolate({ memoryLimit: 512 });
  const context = isolate.createContextSync();
  // Modules are none of these: they are compiled from their texts here.
  const all = { modules: [], sources: Object.keys(modules) };
  for (const { code, filename } of scripts(all)) context.evalSync(code, { filename });
  if (!isWorkerThread) context.evalSync(WARM_UP);
  const ids = (kind: keyof Used): string[] =>
    JSON.parse(context.evalSync(`JSON.stringify([...isopodUsed.${kind}])`) as string);
  const found = new Set(ids("modules"));
  return { modules: [...found], sources: ids("sources").filter((id) => !found.has(id)) };
}

/** Each module is a script of its own: what of them was compiled in one context is so in all of them. */
function scripts(used: Used): { code: string; filename: string }[] {
  const sources = Object.fromEntries(used.sources.map((id) => [id, modules[id]]));
  return [
    {
      code: `{
        globalThis.SharedArrayBuffer ??= undefined;
        const compiled = {};
        globalThis.__isopodLibrary = {
          ...${index},
          isWorkerThread: ${isWorkerThread},
          sources: ${JSON.stringify(sources)},
          compiled,
          add(module) { compiled[this] = module; },
        };
      }`,
      filename: "isopod:library",
    },
    ...used.modules.map((id) => ({
      code: inOneByte(withoutComments(moduleScript(id))),
      filename: `node:${id}`,
    })),
    { code: inOneByte(`{${NATIVES}${fields}${ofText}${bundle}}`), filename: "isopod:node" },
  ];
}

/** Nothing stands before the function, because V8 would name all that is in it after that. */
function moduleScript(id: string): string {
  const parameters = builtinParameters(id).join(", ");
  return `[(function (${parameters}) {${modules[id]}\n})].forEach(__isopodLibrary.add, ${JSON.stringify(id)})`;
}

/** `script` without comments that have their lines to themselves, a fifth of lib/; the lines stay. */
function withoutComments(script: string): string {
  const edits: Edit[] = [];
  acorn.parse(script, {
    ecmaVersion: "latest",
    onComment(_isBlock: boolean, _text: string, start: number, end: number) {
      const lineStart = script.lastIndexOf("\n", start) + 1;
      if (script.slice(lineStart, start).trim() !== "" || script[end] !== "\n") return;
      const text = script.slice(lineStart, end).replace(/[^\n]/g, "");
      edits.push({ start: lineStart, end, text });
    },
  });
  return applyEdits(script, edits);
}

function loadAcorn(): { parse(text: string, options: object): unknown } {
  const module = { exports: {} };
  const source = modules["internal/deps/acorn/acorn/dist/acorn"] as string;
  new Function("exports", "module", source)(module.exports, module);
  return module.exports as ReturnType<typeof loadAcorn>;
}

/** V8 keeps a text in two bytes for each character when one of them needs it. */
function inOneByte(script: string): string {
  const escaped = script.replace(
    /[\u0100-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return Buffer.from(escaped, "latin1").toString("latin1");
}
