/**
 * A directory of the host that is lent while another process of the host renames what is in it and puts
 * links to the outside in its place: no program ever reads, changes or makes anything outside.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createVm, hostDirectory, type Mount, overlay } from "../../src/index.ts";

const SECRET = "secret of the host's";
let folder: string;
let share: string;
let racer: Worker;

/** Renames "dir" away, puts a link to the outside there, and the other way round, for ever. */
const RACER = `
const { renameSync, symlinkSync, unlinkSync } = require("node:fs");
const { workerData: { share, outside, counter } } = require("node:worker_threads");
const count = new Int32Array(counter);
for (;;) {
  for (let i = 0; i < 50; i++) {
    try { renameSync(share + "/dir", share + "/away"); } catch {}
    try { symlinkSync(outside, share + "/dir"); } catch {}
    try { unlinkSync(share + "/dir"); } catch {}
    try { renameSync(share + "/away", share + "/dir"); } catch {}
    Atomics.add(count, 0, 1);
  }
  // The machine has two cores for everybody.
  Atomics.wait(count, 1, 0, 1);
}`;

let swaps: Int32Array;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "isopod-race-"));
  share = join(folder, "share");
  const outside = join(folder, "outside");
  mkdirSync(join(share, "dir", "deep"), { recursive: true });
  mkdirSync(join(outside, "deep"), { recursive: true });
  for (const place of [outside, join(outside, "deep")]) writeFileSync(join(place, "file"), SECRET);
  for (const place of ["dir", "dir/deep"]) writeFileSync(join(share, place, "file"), "shared");
  writeFileSync(join(share, "steady"), "steady");
  symlinkSync(outside, join(share, "direct"));
  symlinkSync("../outside/file", join(share, "relative"));
  swaps = new Int32Array(new SharedArrayBuffer(8));
  racer = new Worker(RACER, { eval: true, workerData: { share, outside, counter: swaps.buffer } });
});
afterEach(async () => {
  await racer.terminate();
  rmSync(folder, { recursive: true, force: true });
});

const MOUNTS: Record<string, () => Mount> = {
  "hostDirectory, writable": () => hostDirectory(share, { readOnly: false }),
  "hostDirectory, read-only": () => hostDirectory(share),
  "an overlay over it": () => overlay(hostDirectory(share)),
};

describe.runIf(process.platform === "linux")("while it is renamed", () => {
  test.each(Object.entries(MOUNTS))("%s", async (name, mount) => {
    await using vm = await createVm({ mounts: { "/mnt": mount() } });
    const before = Atomics.load(swaps, 0);
    await vm.fs.writeFile(
      "/tmp/attack.js",
      `const fs = require("fs"); let read = 0, said = new Set();
       const end = Date.now() + 2500;
       for (let i = 0; Date.now() < end; i++) {
         for (const path of ["dir/file", "dir/deep/file", "dir/../dir/file", "direct/file", "relative"]) {
           try { said.add(fs.readFileSync("/mnt/" + path, "utf8")); read++; } catch (e) { said.add(e.code); }
           try { fs.writeFileSync("/mnt/" + path, "shared"); } catch {}
         }
         try { fs.writeFileSync("/mnt/dir/new" + (i % 5), "x"); } catch {}
         try { fs.mkdirSync("/mnt/dir/made"); fs.rmdirSync("/mnt/dir/made"); } catch {}
         try { fs.renameSync("/mnt/dir/new1", "/mnt/dir/deep/new1"); } catch {}
         try { fs.chmodSync("/mnt/dir/file", 0o666); fs.truncateSync("/mnt/dir/deep/file", 6); } catch {}
         try { for (const name of fs.readdirSync("/mnt/dir")) if (name === "file") read++; } catch {}
       }
       console.log(JSON.stringify({ read, said: [...said] }));`,
    );
    const { stdout, stderr } = await vm.exec("node /tmp/attack.js");
    expect(stderr).toBe("");
    const { read, said } = JSON.parse(stdout) as { read: number; said: string[] };
    // An overlay keeps what it once saw, which may be that "dir" is not there; nobody renames this one.
    expect(await vm.fs.readFile("/mnt/steady", "utf8")).toBe("steady");
    if (name.startsWith("hostDirectory")) {
      expect(read).toBeGreaterThan(0);
      expect(said).toContain("shared");
    }
    expect(said).not.toContain(SECRET);
    expect(Atomics.load(swaps, 0)).toBeGreaterThan(before);
    for (const place of ["outside", "outside/deep"]) {
      expect(readFileSync(join(folder, place, "file"), "utf8")).toBe(SECRET);
    }
    expect(readdirSync(join(folder, "outside")).toSorted()).toEqual(["deep", "file"]);
    expect(readdirSync(join(folder, "outside", "deep"))).toEqual(["file"]);
  });
});
