/** What a Node thread lends to the kernels that run in it: clock, randomness and timers. */
import { randomFillSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Host } from "../../../kernel/index.ts";
import { withLentFiles } from "../lent-files.ts";
import { nodeCodecs } from "./codecs.ts";
import { nodeTls } from "./tls/index.ts";

/** setTimeout's longest delay; a longer one would fire at once. */
const LONGEST_DELAY = 0x7fff_ffff;

/** Realtime minus monotonic nanoseconds, so that both move together and none jumps. */
const EPOCH = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

export const nodeHost: Host = {
  clock: {
    realtime: () => process.hrtime.bigint() + EPOCH,
    monotonic: () => process.hrtime.bigint(),
  },
  codecs: withLentFiles({ "sqlite3.wasm": readSqlite }, nodeCodecs),
  tls: nodeTls,
  random(target) {
    randomFillSync(target);
  },
  scheduler: {
    setTimer(callback, milliseconds) {
      const timer = setTimeout(callback, Math.min(milliseconds, LONGEST_DELAY));
      timer.unref();
      return { cancel: () => clearTimeout(timer) };
    },
    yield: () => new Promise((resolve) => setImmediate(resolve)),
  },
};

/** For guests' node:sqlite. */
function readSqlite(): Promise<Uint8Array> {
  const module = import.meta.resolve("@sqlite.org/sqlite-wasm/sqlite3.wasm");
  return readFile(fileURLToPath(module));
}
