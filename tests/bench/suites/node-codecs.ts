/**
 * Native code that Node has and a bare isolate lacks: text in and out of buffers, digests, compression.
 * One script runs in a machine and by the host's Node, and its lines are ratios of the two.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atLeast, atMost, median, type Report } from "../harness.ts";
import { createVm } from "../library.ts";

/** Prints the milliseconds of every run, as JSON. */
const SCRIPT = `
const { createHash } = require("crypto");
const { gzipSync } = require("zlib");
const now = () => Number(process.hrtime.bigint()) / 1e6;
const result = {};
function time(name, count, run, warm = 5) {
  for (let i = 0; i < warm; i++) run();
  result[name] = [];
  for (let i = 0; i < count; i++) {
    const start = now();
    run();
    result[name].push(now() - start);
  }
}
const bytes = Buffer.alloc(1 << 20);
for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7) & 255;
const ascii = Buffer.alloc(1 << 20, "the quick brown fox jumps over the lazy dog, and again: ");
const mixed = Buffer.from("aé€日本 text ".repeat(60_000));
for (const [name, source, encoding] of [
  ["utf8, ASCII", ascii, "utf8"],
  ["utf8, mixed", mixed, "utf8"],
  ["latin1", bytes, "latin1"],
  ["base64", bytes, "base64"],
  ["hex", bytes, "hex"],
]) {
  const text = source.toString(encoding);
  time("decode 1 MB of " + name, 40, () => source.toString(encoding));
  time("encode 1 MB of " + name, 40, () => Buffer.from(text, encoding));
}
const short = Buffer.from("/usr/share/dict/words-and-more");
const path = short.toString();
time("10,000 short texts, decode", 20, () => { for (let i = 0; i < 10_000; i++) short.toString(); });
time("10,000 short texts, encode", 20, () => { for (let i = 0; i < 10_000; i++) Buffer.from(path); });
time("20,000 small SHA-256", 5, () => {
  for (let i = 0; i < 20_000; i++) createHash("sha256").update("message " + i).digest("hex");
}, 1);
const large = Buffer.alloc(100 << 20, ascii);
time("SHA-256 of 100 MB", 3, () => createHash("sha256").update(large).digest("hex"), 1);
time("gzip of 100 MB", 2, () => gzipSync(large), 0);
console.log(JSON.stringify(result));
`;

/** Least share of the host's speed; for small digests, most times of its time. */
const ENCODINGS = 0.25;
const LARGE = 0.4;
const SMALL_DIGESTS = 5;

export default async function nodeCodecs(report: Report): Promise<void> {
  const host = onHost();
  const vm = await createVm();
  try {
    await vm.fs.writeFile("/tmp/codecs.cjs", SCRIPT);
    const { stdout, stderr, exitCode } = await vm.exec("node /tmp/codecs.cjs");
    if (exitCode !== 0) throw new Error(`the script ended with ${exitCode}: ${stderr}`);
    const guest = JSON.parse(stdout) as Record<string, number[]>;
    for (const [name, all] of Object.entries(guest)) {
      const reference = median(bestOfGroups(host[name] as number[]));
      const times = bestOfGroups(all);
      const note = `host ${reference.toFixed(2)} ms`;
      if (name.includes("small SHA")) {
        const ratios = times.map((ms) => ms / reference);
        report.add(name, "times the host", ratios, { bar: atMost(SMALL_DIGESTS), note });
      } else {
        const shares = times.map((ms) => reference / ms);
        const bar = atLeast(name.includes("100 MB") ? LARGE : ENCODINGS);
        report.add(name, "of the host", shares, { bar, note });
      }
    }
  } finally {
    await vm.dispose();
  }
}

/** The best of eight runs in a row, as often as there are so many: others on the machine count less so. */
function bestOfGroups(times: readonly number[]): number[] {
  const size = Math.min(8, times.length);
  const groups = Math.floor(times.length / size);
  return Array.from({ length: groups }, (_, i) =>
    Math.min(...times.slice(i * size, (i + 1) * size)),
  );
}

function onHost(): Record<string, number[]> {
  const folder = mkdtempSync(join(tmpdir(), "isopod-bench-"));
  try {
    const file = join(folder, "codecs.cjs");
    writeFileSync(file, SCRIPT);
    return JSON.parse(execFileSync(process.execPath, [file], { encoding: "utf8" }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
