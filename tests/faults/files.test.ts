/** Many and large files through vm.fs. */
import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { createVm } from "../../src/index.ts";

const MIB = 2 ** 20;
const CHUNK = MIB;
const CHUNKS = 256;

test("a 256 MB file is written and read streamed, its bytes exact and memory flat", async () => {
  await using vm = await createVm();
  await vm.fs.readFile("/etc/passwd");
  const wrote = createHash("sha256");
  const before = process.memoryUsage.rss();
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss() - before);
  };

  const file = await vm.fs.open("/home/user/big", "w+");
  const chunk = new Uint8Array(CHUNK);
  for (let index = 0; index < CHUNKS; index += 1) {
    new DataView(chunk.buffer).setUint32(index * 4, index + 1);
    wrote.update(chunk);
    expect((await file.write(chunk)).bytesWritten).toBe(CHUNK);
    look();
  }
  expect((await file.stat()).size).toBe(CHUNK * CHUNKS);
  const afterWrite = peak;

  const read = createHash("sha256");
  let total = 0;
  const buffer = new Uint8Array(CHUNK);
  while (true) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, total);
    if (bytesRead === 0) break;
    read.update(buffer.subarray(0, bytesRead));
    total += bytesRead;
    look();
  }
  await file.close();
  expect(total).toBe(CHUNK * CHUNKS);
  expect(read.digest("hex")).toBe(wrote.digest("hex"));

  // The file itself lives in memory once; nothing else of its size may be held.
  expect(afterWrite).toBeLessThan(1.5 * CHUNK * CHUNKS);
  expect(peak).toBeLessThan(1.5 * CHUNK * CHUNKS);

  const { stdout } = await vm.exec("wc -c < big");
  expect(stdout).toBe(`${CHUNK * CHUNKS}\n`);
});

test("a file streams through createWriteStream and createReadStream", async () => {
  await using vm = await createVm();
  const wrote = createHash("sha256");
  function* chunks(): Generator<Uint8Array> {
    for (let index = 0; index < 32; index += 1) {
      const chunk = new Uint8Array(CHUNK).fill(index);
      wrote.update(chunk);
      yield chunk;
    }
  }
  await pipeline(chunks, vm.fs.createWriteStream("/tmp/streamed"));
  const read = createHash("sha256");
  for await (const chunk of vm.fs.createReadStream("/tmp/streamed")) read.update(chunk);
  expect(read.digest("hex")).toBe(wrote.digest("hex"));
});

test("2,000 files are read at once", async () => {
  await using vm = await createVm();
  const names = Array.from({ length: 2000 }, (_, index) => `/tmp/many/${index}`);
  await vm.fs.mkdir("/tmp/many");
  await Promise.all(names.map((name, index) => vm.fs.writeFile(name, `file ${index}`)));
  const texts = await Promise.all(names.map((name) => vm.fs.readFile(name, "utf8")));
  expect(texts).toEqual(names.map((_, index) => `file ${index}`));
  const { stdout } = await vm.exec("cat /tmp/many/* | wc -c");
  expect(Number(stdout)).toBe(texts.join("").length);
});

test("a directory of 10,000 entries is listed whole by every way to list it", async () => {
  await using vm = await createVm();
  const { exitCode } = await vm.exec(
    "mkdir d && cd d && for i in {00000..09999}; do : > f$i; done",
  );
  expect(exitCode).toBe(0);
  const names = Array.from({ length: 10_000 }, (_, i) => `f${String(i).padStart(5, "0")}`);
  expect((await vm.fs.readdir("/home/user/d")).sort()).toEqual(names);
  const lines: Readonly<Record<string, string>> = {
    "ls d | wc -l": "10000",
    "ls -U d | sort | sha256sum": await digest(vm, names),
    "ls -f d | wc -l": "10002",
    "find d -type f | wc -l": "10000",
    "echo d/* | wc -w": "10000",
    "find d -name 'f*7' -print0 | xargs -0 ls | wc -l": "1000",
    "fd . d | wc -l": "10000",
    "rg --files d | wc -l": "10000",
    "tar cf - d | tar tf - | wc -l": "10001",
    "rm -r d && ls | wc -l": "0",
  };
  for (const [line, expected] of Object.entries(lines)) {
    const { stdout, stderr } = await vm.exec(line);
    expect([line, stderr, stdout.trim()]).toEqual([line, "", expected]);
  }
});

async function digest(vm: Awaited<ReturnType<typeof createVm>>, names: string[]): Promise<string> {
  const { stdout } = await vm.exec("sha256sum", { stdin: `${names.join("\n")}\n` });
  return stdout.trim();
}
