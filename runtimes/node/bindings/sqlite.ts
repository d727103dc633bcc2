/**
 * internalBinding("sqlite"): SQLite as WebAssembly, which the host lends with the first database
 * (sqlite/). A part of its own, since most programs never ask for it.
 */
import { joined } from "../../../kernel/abi.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { refused } from "../errors.ts";
import { openHostCodec, STEP_MAX } from "../host-codecs.ts";
import { lazyPart } from "../lazy.ts";
import type { SqlitePart } from "../sqlite/sqlite-script.ts";

/** What the host knows the module by. */
const NAME = "sqlite3.wasm";
const NOTHING = new Uint8Array();

export const sqlite: BindingFactory = (env) => {
  if (!("WebAssembly" in globalThis)) {
    throw refused("node:sqlite", "SQLite is WebAssembly, which this engine does not have");
  }
  return lazyPart<SqlitePart>(env, "sqlite").sqliteBinding(env, () => readModule(env));
};

function readModule(env: Environment): Uint8Array {
  const module = openHostCodec(env, NAME);
  if (!module) throw refused("node:sqlite", "the host does not lend SQLite");
  try {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const { made, failure } = module.step(0, NOTHING, STEP_MAX);
      if (failure) throw new Error(`SQLite does not come from the host: ${failure.message}`);
      if (made.length === 0) return joined(pieces);
      pieces.push(made.slice());
    }
  } finally {
    module.close();
  }
}
