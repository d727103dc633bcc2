/**
 * Text in and out of buffers by V8's own copies (native-text.ts): one script of random text and bytes runs
 * in a machine and by the host's Node, and both say the same of every encoding. Sizes lie about what one
 * copy takes, and about the lengths from which each way is taken.
 */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createVm, type Vm } from "../../../../src/index.ts";

// The first Node program of a machine may have to wait for its snapshot to be built.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const SCRIPT = `
const { createHash } = require("crypto");
let state = Number(process.argv.at(-1));
function random(below) {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return (state >>> 0) % below;
}
const TEXTS = ["a", "all of it is ASCII. ", "é", "ÿ", "€", "日本語", "😀", "\\0", "\\ud83d", "\\ude00", "\\u07ff\\u0800\\uffff"];
const BYTES = [0xe0, 0xed, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xef, 0x41, 0xf1, 0x8f, 0x90, 0xf5, 0xff, 0xbb];
const SIZES = [0, 1, 63, 64, 65, 80, 127, 129, 4096, 32766, 32767, 32768, 32769, 65536, 98305, 131073];
function textOf(size, kind) {
  if (kind === 0) return "x".repeat(size);
  let text = "";
  while (text.length < size) text += kind === 1 ? "plain text " : TEXTS[random(TEXTS.length)];
  text = text.slice(0, size);
  return kind === 1 ? text.slice(0, -1) + TEXTS[random(TEXTS.length)] : text;
}
function bytesOf(size, kind) {
  const room = Buffer.alloc(size + 40).subarray(random(17));
  const bytes = room.subarray(0, size);
  if (kind < 3) bytes.set(Buffer.from(textOf(size, kind)).subarray(0, size));
  else for (let i = 0; i < size; i++) bytes[i] = kind === 3 ? random(256) : BYTES[random(BYTES.length)];
  return bytes;
}
const results = [];
function note(name, ...values) {
  const hash = createHash("sha1");
  for (const value of values) hash.update(typeof value === "string" ? Buffer.from(value, "utf16le") : value);
  results.push(name + " " + hash.digest("hex"));
}
for (const size of SIZES) for (let kind = 0; kind < 5; kind++) {
  const bytes = bytesOf(size, kind), name = size + " of kind " + kind;
  for (const encoding of ["utf8", "latin1", "ascii", "utf16le", "hex", "base64"]) {
    const from = random(20), text = bytes.toString(encoding), part = bytes.toString(encoding, from, size - random(5));
    note(name + " from " + encoding, text, part, Buffer.from(text, encoding));
  }
  const text = textOf(size, kind % 3), joined = text.slice(1) + "-" + text;
  for (const encoding of ["utf8", "latin1", "utf16le"]) for (const given of [text, joined]) {
    const length = Buffer.byteLength(given, encoding);
    const room = Buffer.alloc(Math.max(0, length - random(6)) + 2, 1);
    const written = room.write(given, 1, encoding);
    note(name + " to " + encoding, Buffer.from(given, encoding), room, String([length, written]));
  }
  const digits = bytes.toString("hex"), at = random(digits.length + 1);
  const odd = digits.slice(0, at) + ["g", "/", "@", "G", "é", "", "F"][random(7)] + digits.slice(at);
  note(name + " of hex", Buffer.from(odd, "hex"), Buffer.from(digits.toUpperCase(), "hex"));
  note(name + " encoded", new TextEncoder().encode(text), new TextDecoder().decode(bytes));
}
process.stdout.write(JSON.stringify(results));
`;

let vm: Vm;
beforeAll(async () => {
  vm = await createVm();
  await vm.fs.writeFile("/tmp/text.cjs", SCRIPT);
});
afterAll(() => vm.dispose());

function onHost(seed: string): string[] {
  const options = { encoding: "utf8", maxBuffer: 1 << 24 } as const;
  return JSON.parse(execFileSync(process.execPath, ["-e", SCRIPT, seed], options));
}

async function inMachine(seed: string): Promise<string[]> {
  const { stdout, stderr } = await vm.exec(`node /tmp/text.cjs ${seed}`);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test.each(["1", "4242"])("says what the host's Node says, seed %s", async (seed) => {
  const [ours, theirs] = [await inMachine(seed), onHost(seed)];
  expect(theirs.length).toBeGreaterThan(1000);
  expect(ours).toEqual(theirs);
});

test("stays sound while it is compiled and memory is collected", async () => {
  await vm.fs.writeFile(
    "/tmp/often.cjs",
    `const kept = [];
    for (let i = 0; i < 60_000; i++) {
      const text = "é".repeat(i % 3) + String(i).repeat(20) + (i % 5 ? "" : "€");
      const bytes = Buffer.from(text);
      if (bytes.toString() !== text || Buffer.byteLength(text) !== bytes.length) throw i;
      const wide = Buffer.from(text, "utf16le"), narrow = Buffer.from(text, "latin1");
      if (wide.toString("utf16le") !== text || narrow.length !== text.length) throw i;
      if (Buffer.from(bytes.toString("hex"), "hex").compare(bytes) !== 0) throw i;
      kept.push(bytes, narrow.toString("latin1"));
      if (i % 3000 === 0) kept.length = 0;
    }
    console.log("sound");`,
  );
  const { stdout, stderr } = await vm.exec("node /tmp/often.cjs");
  expect(stdout + stderr).toBe("sound\n");
});

test("threads have copies of their own", async () => {
  await vm.fs.writeFile(
    "/tmp/threads.cjs",
    `const { Worker, isMainThread, workerData, parentPort } = require("worker_threads");
    const of = (name) => Buffer.from(name.repeat(30_000));
    if (!isMainThread) parentPort.postMessage(of(workerData).toString());
    else Promise.all(["é", "日", "x"].map((name) => new Promise((resolve, reject) => {
      const thread = new Worker(__filename, { workerData: name });
      thread.on("error", reject).on("message", (text) => resolve(text === name.repeat(30_000) && of(name).toString() === text));
    }))).then((all) => console.log(all.join()));`,
  );
  const { stdout, stderr } = await vm.exec("node /tmp/threads.cjs");
  expect(stdout + stderr).toBe("true,true,true\n");
});
