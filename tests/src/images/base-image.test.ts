/** The plan of the base image, and the image that it makes. */
import { afterAll, beforeAll, expect, test } from "vitest";
import * as manifest from "../../../src/images/base/manifest.ts";
import { planEntries, planLayers } from "../../../src/images/base-image.ts";
import { baseImageFolder } from "../../../src/images/base-image-folder.ts";
import { openHttpImage } from "../../../src/images/open-http.ts";
import { createVm, type Vm } from "../../../src/index.ts";
import { BlobServer } from "./blob-server.ts";
import { readAll } from "./sample-image.ts";

const bytes = (text: string) => Buffer.from(text);
const FILES = new Map([
  ["/etc/passwd", bytes("root:x:0:0::/root:/bin/bash\n")],
  ["/etc/shadow", bytes("")],
  ["/etc/skel/.profile", bytes("profile")],
  ["/usr/bin/ps", bytes("#!/bin/bash\n")],
]);
const COMMANDS = new Map([
  ["ls", bytes("\0asm ls")],
  ["bash", bytes("\0asm theirs")],
  ["mount", bytes("\0asm mount")],
  ["_stubs", bytes("\0asm")],
]);
const PLAN = new Map(planEntries(FILES, COMMANDS).map((entry) => [entry.path, entry]));
const text = (path: string) => Buffer.from(PLAN.get(path)?.bytes as Uint8Array).toString();

test("parents come before their children, once each, in one order", () => {
  const entries = planEntries(FILES, COMMANDS);
  const seen = new Set<string>();
  for (const { path } of entries) {
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    if (path !== "/") expect(seen, path).toContain(parent);
    expect(seen).not.toContain(path);
    seen.add(path);
  }
  expect(planEntries(new Map([...FILES].reverse()), COMMANDS)).toEqual(entries);
});

test("commands stand in /usr/bin, but for those left out, moved, or ours", () => {
  expect(PLAN.get("/usr/bin/ls")).toMatchObject({ kind: "file", mode: 0o755, uid: 0 });
  expect(PLAN.get("/usr/bin/_stubs")).toBeUndefined();
  expect(text("/usr/bin/bash")).toBe("#!isopod:bash\n");
  expect(text("/usr/libexec/isopod/mount")).toBe("\0asm mount");
  expect(PLAN.get("/usr/bin/ps")?.mode).toBe(0o755);
});

test("owners and modes are what a person expects", () => {
  expect(PLAN.get("/etc/passwd")).toMatchObject({ mode: 0o644, uid: 0, gid: 0 });
  expect(PLAN.get("/etc/shadow")).toMatchObject({ mode: 0o640, gid: 42 });
  expect(PLAN.get("/tmp")).toMatchObject({ kind: "directory", mode: 0o1777 });
  expect(PLAN.get("/home/user/.profile")).toMatchObject({ uid: 1000, gid: 1000, mode: 0o644 });
  expect(PLAN.get("/root")).toMatchObject({ mode: 0o700, uid: 0 });
  expect(PLAN.get("/bin")).toMatchObject({ kind: "symlink", target: "usr/bin" });
});

test("copies of a command are links, in groups that static hosts take", () => {
  const wasm = (name: string) => Buffer.from(`\0asm ${name}`.padEnd(5000, name));
  const commands = new Map([
    ["grep", wasm("grep")],
    ["egrep", wasm("grep")],
    ["git", wasm("git")],
    ["git-upload-pack", wasm("git")],
    ["shuf", wasm("shuf")],
  ]);
  const layers = planLayers(planEntries(FILES, commands));
  expect(layers.map(({ title }) => title)).toEqual([
    "system",
    "core commands",
    "other commands",
    "git and network",
  ]);
  const [system, core] = layers.map(({ entries }) => entries);
  expect(core).toMatchObject([
    { path: "/usr/bin/egrep", kind: "file" },
    { path: "/usr/bin/grep", kind: "hardlink", target: "/usr/bin/egrep" },
  ]);
  expect(system?.some(({ path }) => path === "/usr/bin/bash")).toBe(true);
});

test("what is loaded before the prompt is small", async () => {
  await using server = await BlobServer.serve(baseImageFolder());
  const image = await openHttpImage(server.url);
  for (const path of ["/usr/bin/bash", "/etc/profile", "/etc/bash.bashrc", "/home/user/.bashrc"]) {
    await readAll(image, path);
  }
  expect(server.sent).toBeLessThan(150_000);
  expect(server.requests.length).toBeLessThan(10);
  const before = server.sent;
  await readAll(image, "/usr/bin/ls");
  expect(server.sent - before).toBeLessThan(500_000);
});

test("everything has the same time", () => {
  expect(new Set([...PLAN.values()].map(({ mtime }) => mtime))).toEqual(
    new Set([manifest.created]),
  );
});

let vm: Vm;
beforeAll(async () => {
  vm = await createVm({ kernel: "in-thread" });
});
afterAll(() => vm.dispose());

test("every link of the image leads somewhere", async () => {
  for (const path of Object.keys(manifest.links)) {
    await expect(vm.fs.stat(path), path).resolves.toBeDefined();
  }
});

test("every command is there and may be run", async () => {
  const names = await vm.fs.readdir("/usr/bin");
  expect(names.length).toBeGreaterThan(150);
  for (const name of names) {
    expect((await vm.fs.stat(`/usr/bin/${name}`)).mode & 0o777, name).toBe(0o755);
  }
});

test("wasm commands are wasm, programs and scripts name their interpreter", async () => {
  for (const name of [
    "ls",
    "rg",
    "jq",
    "sqlite3",
    "awk",
    "sed",
    "tar",
    "../libexec/git-core/git",
  ]) {
    const head = (await vm.fs.readFile(`/usr/bin/${name}`)).subarray(0, 4);
    expect([...head], name).toEqual([0, 0x61, 0x73, 0x6d]);
  }
  expect(await vm.fs.readFile("/bin/sh", "utf8")).toBe("#!isopod:bash\n");
  expect(await vm.fs.readFile("/bin/ps", "utf8")).toMatch(/^#!\/bin\/bash\n/);
});
