/** File systems that others wrote: the checks that they can run themselves, and drivers that misbehave. */
import { describe, expect, test } from "vitest";
import { createVm } from "../../../../src/create-vm.ts";
import { fileSystemChecks } from "../../../../src/mounts/custom/checks.ts";
import type { FileSystemDriver } from "../../../../src/mounts/custom/driver.ts";
import { customFileSystem, overlay } from "../../../../src/options/mounts.ts";
import { Ranges, WholeFiles, withCode } from "./drivers.ts";

describe.each([
  ["whole files", () => new WholeFiles()],
  ["ranges", () => new Ranges()],
])("a driver of %s", (_name, driver) => {
  for (const { name, run } of fileSystemChecks({ createVm, driver })) test(name, run);
});

async function mounted(driver: FileSystemDriver, options = {}) {
  return createVm({ mounts: { "/mnt": customFileSystem(driver, options) } });
}

function broken(changes: Partial<FileSystemDriver>): FileSystemDriver {
  return Object.assign(new WholeFiles(), changes);
}

test("errors with a code are the program's, others are EIO", async () => {
  const read = async (path: string) => {
    throw path === "/coded" ? withCode("EACCES") : new Error("the disk is on fire");
  };
  await using vm = await mounted(broken({ read }));
  await vm.exec("tee coded plain <<< text", { cwd: "/mnt" });
  await vm.exec("sync");
  await expect(vm.fs.readFile("/mnt/coded")).rejects.toMatchObject({ code: "EACCES" });
  await expect(vm.fs.readFile("/mnt/plain")).rejects.toMatchObject({ code: "EIO" });
});

test("an operation that never ends is ETIMEDOUT, and its program can be killed before", async () => {
  const read = () => new Promise<never>(() => {});
  await using vm = await mounted(broken({ read }), { timeoutMs: 300 });
  await vm.exec("echo > f; sync", { cwd: "/mnt" });
  const killed = await vm.exec("cat /mnt/f & kill -9 $!; wait $!");
  expect(killed.exitCode).toBe(137);
  await expect(vm.fs.readFile("/mnt/f")).rejects.toMatchObject({ code: "ETIMEDOUT" });
  expect((await vm.exec("echo alive")).stdout).toBe("alive\n");
});

test("answers that make no sense are EIO", async () => {
  const stat = async () => ({ type: "door", size: -1 }) as never;
  await using vm = await mounted(broken({ stat }));
  await expect(vm.fs.stat("/mnt/f")).rejects.toMatchObject({ code: "EIO" });
});

test("names that a directory cannot hold are not listed", async () => {
  const readdir = async () =>
    ["..", ".", "a/b", "", "nul\0", "good"].map((name) => ({ name, type: "file" as const }));
  await using vm = await mounted(broken({ readdir }));
  expect(await vm.fs.readdir("/mnt")).toEqual(["good"]);
});

test("a link cannot lead out of the machine, only elsewhere in it", async () => {
  const driver = new WholeFiles();
  await driver.create("/l", { type: "symlink", mode: 0o777, target: "/etc/hostname" });
  await driver.create("/up", { type: "symlink", mode: 0o777, target: "../../../etc/hostname" });
  await using vm = await mounted(driver);
  const inside = await vm.fs.readFile("/etc/hostname", "utf8");
  expect(await vm.fs.readFile("/mnt/l", "utf8")).toBe(inside);
  expect(await vm.fs.readFile("/mnt/up", "utf8")).toBe(inside);
});

test("fsync says that the driver refused; the bytes stay readable, and sync tries again", async () => {
  let full = true;
  const driver = new WholeFiles();
  const taken = driver.writeFile.bind(driver);
  driver.writeFile = async (...args) => {
    if (full) throw withCode("ENOSPC");
    return taken(...args);
  };
  await using vm = await mounted(driver);
  const handle = await vm.fs.open("/mnt/f", "w");
  await handle.writeFile("kept");
  await expect(handle.sync()).rejects.toMatchObject({ code: "ENOSPC" });
  expect(await vm.fs.readFile("/mnt/f", "utf8")).toBe("kept");
  full = false;
  await handle.sync();
  await handle.close();
  expect(new TextDecoder().decode(await driver.read("/f", 0, 10))).toBe("kept");
});

test("what was written is with the driver when the machine is disposed of", async () => {
  const driver = new WholeFiles();
  const vm = await mounted(driver);
  await vm.exec("seq 1000 > f", { cwd: "/mnt" });
  await vm.dispose();
  expect((await driver.stat("/f"))?.size).toBe(3893);
});

test("what waits to be written counts as the machine's memory", async () => {
  const vm = await createVm({
    mounts: { "/mnt": customFileSystem(new WholeFiles()) },
    limits: { disk: 1 << 20 },
  });
  const { stderr } = await vm.exec("head -c 3000000 /dev/zero > /mnt/f");
  expect(stderr).toContain("No space left on device");
  await vm.exec("rm /mnt/f");
  expect((await vm.exec("head -c 500000 /dev/zero > /mnt/g; wc -c < /mnt/g")).stdout).toBe(
    "500000\n",
  );
  await vm.dispose();
});

test("without create it is read-only; an overlay takes changes and leaves it alone", async () => {
  const { stat, readdir, read } = new WholeFiles();
  const source = new WholeFiles();
  await source.writeFile("/f", new TextEncoder().encode("below\n"), 0o644);
  const driver = {
    stat: stat.bind(source),
    readdir: readdir.bind(source),
    read: read.bind(source),
  };
  await using vm = await createVm({
    mounts: {
      "/mnt": customFileSystem(driver),
      "/over": overlay(customFileSystem(driver)),
    },
  });
  await expect(vm.fs.writeFile("/mnt/g", "x")).rejects.toMatchObject({ code: "EROFS" });
  const { stdout } = await vm.exec(
    "cat /over/f; echo above >> /over/f; cat /over/f; rm /over/f; ls /over; cat /mnt/f",
  );
  expect(stdout).toBe("below\nbelow\nabove\nbelow\n");
});

test("a driver that lacks what every one needs is refused by name", () => {
  const lacks = { stat: async () => undefined, readdir: async () => [] };
  expect(() => customFileSystem(lacks as never)).toThrow(
    /driver\.read must be a function, but it is undefined/,
  );
  const writable = new WholeFiles();
  expect(() => customFileSystem({ ...lacks, read: writable.read }, { readOnly: false })).toThrow(
    /readOnly must be true for a driver without create/,
  );
});

test("modes and times that are none are EIO, and no fault of the kernel's", async () => {
  const driver = new WholeFiles();
  let lie: object = {};
  const stat = driver.stat.bind(driver);
  driver.stat = async (path) => {
    const info = await stat(path);
    return info && path !== "/" ? { ...info, ...lie } : info;
  };
  await using vm = await mounted(driver, { cacheMs: 0 });
  await vm.exec("echo text > f; sync", { cwd: "/mnt" });
  for (const wrong of [{ mtimeMs: Infinity }, { ctimeMs: 1e300 }, { atimeMs: 5n }, { mode: 0.5 }]) {
    lie = wrong;
    await expect(vm.fs.stat("/mnt/f")).rejects.toMatchObject({ code: "EIO" });
    expect((await vm.exec("cat /mnt/f", { reject: false })).stderr).toMatch(
      /^cat: .*Input\/output error\n$/,
    );
  }
  lie = { mtimeMs: 8.64e15, mode: 0o600 };
  expect((await vm.exec("cat /mnt/f")).stdout).toBe("text\n");
});

test("a link from one mount into another leads to the other's file of that path", async () => {
  const [links, files] = [new WholeFiles(), new WholeFiles()];
  await links.create("/data", { type: "symlink", mode: 0o777, target: "/files/data" });
  await files.create("/data", { type: "file", mode: 0o644 });
  await files.writeFile("/data", new TextEncoder().encode("the file\n"), 0o644);
  await using vm = await createVm({
    mounts: { "/links": customFileSystem(links), "/files": customFileSystem(files) },
  });
  expect((await vm.exec("cat /links/data", { reject: false })).stdout).toBe("the file\n");
});

test("a file that is larger than the machine has room for is read in parts, and not changed", async () => {
  const driver = new WholeFiles();
  await driver.create("/large", { type: "file", mode: 0o644 });
  let largest = 0;
  driver.stat = async (path) =>
    path === "/" ? { type: "directory" } : { type: "file", size: 2 ** 40 };
  driver.read = async (_path, _position, length) => {
    largest = Math.max(largest, length);
    return new Uint8Array(Math.min(length, 65_536));
  };
  await using vm = await createVm({
    mounts: { "/mnt": customFileSystem(driver) },
    limits: { disk: 64 << 20 },
  });
  const said = await vm.exec("head -c 5 large | wc -c; echo >> large", {
    cwd: "/mnt",
    reject: false,
  });
  expect(said.stdout).toBe("5\n");
  expect(said.stderr).toContain("No space left on device");
  await expect(vm.fs.rename("/mnt/large", "/mnt/other")).rejects.toMatchObject({ code: "ENOSPC" });
  expect(largest).toBeLessThan(1 << 24);
});
