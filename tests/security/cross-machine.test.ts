/** What one machine could reach of another in the same thread, or of the host, by any of its names. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, directoryStore, tool, type Vm } from "../../src/index.ts";

let left: Vm;
let right: Vm;
const called: string[] = [];

beforeAll(async () => {
  const whisper = (who: string) =>
    tool({ description: "Says who it is", run: () => called.push(who) && who });
  left = await createVm({ tools: { ident: whisper("left"), lefty: whisper("left only") } });
  right = await createVm({ tools: { ident: whisper("right") } });
});
afterAll(async () => {
  await Promise.all([left?.dispose(), right?.dispose()]);
});

const node = (code: string) => `node -e '${code}'`;
const both = async (line: string) => [
  (await left.exec(line)).stdout.trim(),
  (await right.exec(line)).stdout.trim(),
];

test("ports of the loopback are each machine's own", async () => {
  await left.fs.writeFile(
    "/tmp/server.js",
    `require("http").createServer((q, r) => r.end("left")).listen(8080, "0.0.0.0")`,
  );
  await using server = await left.spawn(["node", "/tmp/server.js"]);
  await left.waitForPort(8080);
  expect(server.pid).toBeGreaterThan(1);
  const line = "curl -sS -m 100 http://127.0.0.1:8080/ 2>&1 || echo refused";
  const [mine, other] = await both(line);
  expect(mine).toBe("left");
  expect(other).toContain("refused");
  expect((await left.fetch(8080, "/")).status).toBe(200);
  await expect(right.fetch(8080, "/")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("Unix sockets, abstract ones too", async () => {
  for (const path of ["/tmp/sock", "\\0abstract"]) {
    await left.fs.writeFile(
      "/tmp/listen.js",
      `require("net").createServer((c) => c.end("left")).listen("${path}", () => console.log("up"))`,
    );
    await using server = await left.spawn(["node", "/tmp/listen.js"]);
    const reader = server.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("up\n");
    const ask = node(
      `require("net").connect("${path}").on("error", (e) => console.log(e.code)).on("data", (d) => console.log(String(d)))`,
    );
    const [mine, other] = await both(ask);
    expect(mine).toBe("left");
    expect(other).toMatch(/^E(NOENT|CONNREFUSED)$/);
    reader.releaseLock();
    await server.kill("SIGKILL");
  }
});

test("tools are those of the machine that calls, also by their socket's name", async () => {
  called.length = 0;
  expect(await both("ident")).toEqual(["left", "right"]);
  expect((await left.exec("lefty")).stdout.trim()).toBe("left only");
  // A file that names another machine's tool is a script like any other.
  const forged =
    "lefty; cp /usr/local/bin/ident lefty; sed -i s/ident/lefty/ lefty; chmod +x lefty; ./lefty";
  expect((await right.exec(forged)).stdout).toBe("");
  const listed = (await right.exec("cat /proc/net/unix")).stdout;
  expect(listed).not.toContain("lefty");
  expect(called).toEqual(["left", "right", "left only"]);
});

test("/proc shows one machine's processes, mounts and sockets, and nothing of the host's", async () => {
  await using sleeper = await left.spawn(["sleep", "12345"]);
  const all = `cat /proc/*/cmdline /proc/*/environ /proc/*/maps /proc/*/mountinfo /proc/net/* /proc/mounts /proc/*/comm 2>/dev/null | tr '\\0' '\\n'`;
  const [mine, other] = await both(all);
  expect(sleeper.pid).toBeGreaterThan(1);
  expect(mine).toContain("12345");
  expect(other).not.toContain("12345");
  for (const text of [mine, other]) {
    expect(text).not.toContain(process.cwd());
    expect(text).not.toContain(
      String(process.env["HOME"]) === "/root" ? "/work/" : process.env["HOME"],
    );
  }
});

test("what one does to the pages of the shared image nobody else reads", async () => {
  const change = `printf 'HACKED' | dd of=/usr/bin/ls conv=notrunc bs=1 2>/dev/null; head -c 6 /usr/bin/ls`;
  const [mine] = [(await left.exec(change, { user: "root" })).stdout];
  expect(mine).toBe("HACKED");
  expect((await right.exec("head -c 4 /usr/bin/ls | od -An -c; ls /etc/passwd")).stdout).toContain(
    "/etc/passwd",
  );
  expect((await left.exec("ls /etc/passwd")).exitCode).not.toBe(0);
});

test("compiled code is kept for the same machine's next process, and for no other's", async () => {
  // Two large sources of one length: V8 itself tells them apart by that alone.
  const program = (word: string) => `/*${"x".repeat(80_000)}*/ console.log("${word}");`;
  await left.fs.writeFile("/tmp/big.js", program("evil"));
  await right.fs.writeFile("/tmp/big.js", program("good"));
  for (let i = 0; i < 3; i++) {
    expect(await both(node(`require("/tmp/big.js")`))).toEqual(["evil", "good"]);
  }
});

test("names of machines in a store lead to no other folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "isopod-names-"));
  try {
    const store = directoryStore(join(folder, "store"));
    const made: string[] = [];
    for (const name of [
      "../evil",
      "a/../../evil",
      "/etc/evil",
      "..",
      ".",
      "a\0b",
      "x".repeat(5000),
      "con\nfig",
    ]) {
      const vm = await createVm({ store, name }).catch(() => undefined);
      if (!vm) continue;
      made.push(name);
      await vm.commit();
      await vm.dispose();
    }
    await using honest = await createVm({ store, name: "honest" });
    await honest.commit();
    expect(await readdir(folder)).toEqual(["store"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
