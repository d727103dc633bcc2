/** Guests for tests, in WebAssembly's text format. https://webassembly.github.io/spec/core/text/ */
import wabt from "wabt";

const { parseWat } = await wabt();
const FEATURES = { exceptions: true, bulk_memory: true };

/**
 * A module whose `memory` is exported. Imports that `body` calls by name are declared; others, as text,
 * are `imported`.
 */
export function wat(body: string, pages: number | string = 1, imported = ""): Uint8Array {
  const memory = `(memory (export "memory") ${pages})`;
  const module = parseWat(
    "guest.wat",
    `(module ${imports(body)} ${imported} ${memory} ${body})`,
    FEATURES,
  );
  try {
    module.resolveNames();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** A program whose `_start` runs `instructions`; the imports that it calls by name are declared. */
export function program(instructions: string, rest = "", pages = 1): Uint8Array {
  return wat(`(func (export "_start") ${instructions}) ${rest}`, pages);
}

/** Data at address 0 that describes one buffer at 64, and the text there: for fd_write and its kin. */
export function text(content: string): string {
  const bytes = new TextEncoder().encode(content);
  return `(data (i32.const 0) "\\40\\00\\00\\00${littleEndian(bytes.length)}") (data (i32.const 64) "${escapeBytes(bytes)}")`;
}

/** A function `$copy`: reads `$count` bytes at most from `$from`, once, and writes them to `$to`. */
export const COPY = `(func $copy (param $from i32) (param $to i32) (param $count i32) (result i32)
  (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (local.get $count))
  (drop (call $fd_read (local.get $from) (i32.const 0) (i32.const 1) (i32.const 8)))
  (i32.store (i32.const 4) (i32.load (i32.const 8)))
  (if (i32.load (i32.const 8)) (then
    (drop (call $fd_fdstat_get (local.get $to) (i32.const 128)))
    (drop (call $fd_write (local.get $to) (i32.const 0) (i32.const 1) (i32.const 12)))))
  (i32.load (i32.const 8)))`;

/** Writes the text of `text()` to `fd`. */
export function write(fd: number): string {
  return `(drop (call $fd_write (i32.const ${fd}) (i32.const 0) (i32.const 1) (i32.const 32)))`;
}

const SIGNATURES: Readonly<Record<string, readonly [module: string, type: string]>> = {
  fd_write: ["wasi_snapshot_preview1", "(param i32 i32 i32 i32) (result i32)"],
  fd_read: ["wasi_snapshot_preview1", "(param i32 i32 i32 i32) (result i32)"],
  fd_fdstat_get: ["wasi_snapshot_preview1", "(param i32 i32) (result i32)"],
  fd_close: ["wasi_snapshot_preview1", "(param i32) (result i32)"],
  fd_prestat_get: ["wasi_snapshot_preview1", "(param i32 i32) (result i32)"],
  path_open: ["wasi_snapshot_preview1", "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)"],
  path_filestat_get: ["wasi_snapshot_preview1", "(param i32 i32 i32 i32 i32) (result i32)"],
  poll_oneoff: ["wasi_snapshot_preview1", "(param i32 i32 i32 i32) (result i32)"],
  proc_exit: ["wasi_snapshot_preview1", "(param i32)"],
  fd_tell: ["wasi_snapshot_preview1", "(param i32 i32) (result i32)"],
  fd_dup: ["host_process", "(param i32 i32) (result i32)"],
  proc_spawn_v3: ["host_process", `(param ${"i32 ".repeat(17)}) (result i32)`],
  proc_waitpid_v2: ["host_process", "(param i32 i32 i32 i32 i32 i32) (result i32)"],
  sleep_ms: ["host_process", "(param i32) (result i32)"],
  proc_sigaction: ["host_process", "(param i32 i32 i32 i32 i32) (result i32)"],
  proc_kill: ["host_process", "(param i32 i32) (result i32)"],
  proc_getpid: ["host_process", "(param i32) (result i32)"],
  proc_signal_mask_v2: ["host_process", "(param i32 i32 i32 i32 i32) (result i32)"],
  path_mode: ["host_fs", "(param i32 i32 i32 i32) (result i32)"],
  path_size: ["host_fs", "(param i32 i32 i32 i32) (result i64)"],
};

function imports(body: string): string {
  const called = new Set([...body.matchAll(/\(call \$(\w+)/g)].map(([, name]) => name as string));
  return [...called]
    .filter((name) => SIGNATURES[name])
    .map((name) => {
      const [module, type] = SIGNATURES[name] as readonly [string, string];
      return `(import "${module}" "${name}" (func $${name} ${type}))`;
    })
    .join(" ");
}

function littleEndian(value: number): string {
  return [0, 8, 16, 24].map((shift) => hex((value >>> shift) & 0xff)).join("");
}

function escapeBytes(bytes: Uint8Array): string {
  return [...bytes].map(hex).join("");
}

function hex(byte: number): string {
  return `\\${byte.toString(16).padStart(2, "0")}`;
}
