/** Machines that are kept: continued, restored, forked, committed by policy, and held by one at a time. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Errno, KernelError } from "../../../kernel/errno.ts";
import {
  type ChunkStore,
  StoreBusy,
  type StoredChunk,
  type StoreLock,
} from "../../../kernel/state/chunk-store.ts";
import { references } from "../../../kernel/state/references.ts";
import type { Platform } from "../../../src/machine/platform.ts";
import type { MachineOptions, StoreSource } from "../../../src/machine/protocol.ts";
import { MachineService } from "../../../src/machine/service.ts";
import { TEMPORARY } from "../../../src/machine/state/machine-state.ts";
import { normalizeVmOptions, type VmOptions } from "../../../src/options/vm-options.ts";
import { nodePlatform } from "../../../src/platforms/node/platform.ts";
import { RemoteMachine } from "../../../src/remote-machine.ts";
import { storedThings } from "../../../src/snapshots.ts";
import { collectGarbage } from "../../../src/stores/garbage.ts";
import { MemoryStorage, MemoryStore } from "../../../src/stores/memory.ts";
import type { KernelThread } from "../../../src/thread/kernel-thread.ts";
import { Vm } from "../../../src/vm.ts";

const disk: StoreSource = { type: "directory", path: "/as/if" };

/** A store that outlives its machines, counts its commits, and waits or fails when it is told to. */
class Disk extends MemoryStore {
  swaps = 0;
  failure: KernelError | undefined;
  /** Locks of machines without a name come after this. */
  beforeLock: (() => Promise<void>) | undefined;

  override async lock(ref: string): Promise<StoreLock> {
    if (ref.startsWith(TEMPORARY)) await this.beforeLock?.();
    return super.lock(ref);
  }

  override async put(chunks: readonly StoredChunk[]): Promise<void> {
    if (this.failure) throw this.failure;
    await super.put(chunks);
  }

  override async swapRef(...args: Parameters<ChunkStore["swapRef"]>): Promise<boolean> {
    this.swaps++;
    return super.swapRef(...args);
  }

  override async close(): Promise<void> {}
}

/** A thread of its own for each: another one stands for another process, or the next one. */
function thread(store: Disk, own: Partial<Platform> = {}): KernelThread {
  const platform: Platform = {
    ...nodePlatform,
    openStore: async (source) => (source.type === "directory" ? store : new MemoryStore(memory)),
    ...own,
  };
  const memory = new MemoryStorage();
  const service = new MachineService(platform);
  return {
    create: (options) => service.create(options),
    request: (id, part, name, args) => service.request(id, part, name, args),
    trace: (id, listener) => service.trace(id, listener),
    dispose: (id) => service.dispose(id),
  };
}

const open: Vm[] = [];

async function create(on: KernelThread, options: VmOptions = {}): Promise<Vm> {
  const { machine }: { machine: MachineOptions } = await normalizeVmOptions(options);
  const vm = new Vm(await RemoteMachine.create(on, machine));
  open.push(vm);
  return vm;
}

afterEach(async () => {
  for (const vm of open.splice(0)) await vm.dispose().catch(() => {});
});

const manual = { store: disk, name: "main", commit: "manual" } as const;

describe("a machine with a name", () => {
  test("is continued with its files, name, user, environment and working directory", async () => {
    const store = new Disk();
    const first = await create(thread(store), {
      ...manual,
      hostname: "box",
      user: "root",
      env: { A: "1", B: "2" },
      cwd: "/tmp",
    });
    await first.exec("echo kept > file; chmod 4755 file; rm /etc/motd");
    const { id } = await first.commit();
    await first.exec("echo lost > file");
    await first.dispose();
    const second = await create(thread(store), { ...manual, env: { B: "3" } });
    const { stdout } = await second.exec(
      'hostname; id -un; pwd; cat file; echo "$A $B"; ls /etc/motd',
    );
    expect(stdout).toBe("box\nroot\n/tmp\nkept\n1 3\n");
    expect((await second.fs.stat("/tmp/file")).mode & 0o7777).toBe(0o4755);
    const next = await second.commit();
    expect(next.parent ?? next.id).toBe(id);
  });

  test("is held by one at a time, and the second is told by whom", async () => {
    const on = thread(new Disk());
    const first = await create(on, manual);
    await expect(create(on, manual)).rejects.toMatchObject({
      code: "ERR_STORE_BUSY",
      message: expect.stringContaining("machines/main is in use by"),
    });
    await first.dispose();
    await create(on, manual);
  });

  test("cannot begin with a snapshot where it is there already", async () => {
    const on = thread(new Disk());
    const first = await create(on, manual);
    const snapshot = await first.snapshot("one");
    await first.dispose();
    await expect(create(on, { ...manual, from: snapshot })).rejects.toMatchObject({
      code: "ERR_MACHINE_EXISTS",
    });
    await create(on, { ...manual, name: "other", from: "one" });
  });

  test("goes on in its home where its working directory is gone", async () => {
    const on = thread(new Disk());
    const first = await create(on, { ...manual, cwd: "/tmp" });
    await first.exec("mkdir here");
    const second = await first.fork({ name: "second", cwd: "/tmp/here" });
    await second.fs.rmdir("/tmp/here");
    await second.commit();
    await second.dispose();
    const third = await create(on, { ...manual, name: "second" });
    expect((await third.exec("pwd")).stdout).toBe("/home/user\n");
  });

  test("is no other that had none and was killed: those are forgotten", async () => {
    const store = new Disk();
    const hash = (await (await create(thread(store), manual)).commit()).id;
    await store.swapRef("machines/temporary-1", undefined, hash);
    await create(thread(store), { store: disk });
    expect([...(await store.refs()).keys()]).toEqual(["machines/main"]);
  });

  test("is listed, and removed once it is switched off", async () => {
    const on = thread(new Disk());
    const things = storedThings(() => on);
    const vm = await create(on, manual);
    await vm.commit();
    expect(await things.listMachines(disk)).toEqual(["main"]);
    await expect(things.removeMachine(disk, "main")).rejects.toMatchObject({
      message: expect.stringContaining("in use by"),
    });
    await vm.dispose();
    await things.removeMachine(disk, "main");
    expect(await things.listMachines(disk)).toEqual([]);
  });
});

describe("commits", () => {
  const eager = { store: disk, name: "main", commit: { quiet: 20, latest: 100 } } as const;
  const never = { store: disk, name: "main", commit: { quiet: 1e7, latest: 1e7 } } as const;

  test("come by themselves after quiet time", async () => {
    const store = new Disk();
    const vm = await create(thread(store), eager);
    await vm.fs.writeFile("/tmp/f", "kept");
    await expect.poll(() => store.swaps).toBe(1);
    await vm.fs.writeFile("/tmp/f", "again");
    await expect.poll(() => store.swaps).toBe(2);
  });

  test("come while writes never pause", async () => {
    const store = new Disk();
    const vm = await create(thread(store), { ...eager, commit: { quiet: 1e6, latest: 50 } });
    const writer = vm
      .exec("while :; do echo x > /tmp/f; done", { timeout: 110_000 })
      .catch(() => {});
    await expect.poll(() => store.swaps).toBeGreaterThan(1);
    await vm.dispose();
    await writer;
  });

  test("come with fsync, fdatasync, sync and O_SYNC, before those return", async () => {
    const store = new Disk();
    const vm = await create(thread(store), never);
    const handle = await vm.fs.open("/tmp/f", "w");
    await handle.write("one");
    expect(store.swaps).toBe(0);
    await handle.sync();
    expect(store.swaps).toBe(1);
    // Nothing was written since.
    await handle.datasync();
    expect(store.swaps).toBe(1);
    await handle.write("two");
    await handle.datasync();
    expect(store.swaps).toBe(2);
    await handle.write("three");
    await vm.exec("sync");
    expect(store.swaps).toBeGreaterThan(2);
    const { swaps } = store;
    const synchronous = await vm.fs.open("/tmp/g", "as");
    await synchronous.write("four");
    expect(store.swaps).toBeGreaterThan(swaps);
  });

  test("that are asked for at once are one", async () => {
    const store = new Disk();
    const vm = await create(thread(store), never);
    const handles = await Promise.all(
      Array.from({ length: 20 }, (_, i) => vm.fs.open(`/tmp/${i}`, "w")),
    );
    await Promise.all(handles.map((handle) => handle.write("x")));
    await Promise.all(handles.map((handle) => handle.sync()));
    expect(store.swaps).toBeLessThanOrEqual(2);
  });

  test("come when the machine is switched off, unless they are made by hand", async () => {
    const store = new Disk();
    const on = thread(store);
    for (const options of [never, manual]) {
      const vm = await create(on, options);
      await vm.exec("echo $PPID >> /tmp/log");
      await vm.dispose();
    }
    const vm = await create(on, manual);
    expect((await vm.fs.readFile("/tmp/log", "utf8")).split("\n").length).toBe(2);
  });

  test.each([
    ["ENOSPC", Errno.ENOSPC],
    ["EIO", Errno.EIO],
  ] as const)("that fail are %s for who asked, and nothing is lost", async (code, errno) => {
    const store = new Disk();
    const on = thread(store);
    const vm = await create(on, never);
    await vm.fs.writeFile("/tmp/f", "first");
    store.failure = new KernelError(errno);
    await expect(vm.commit()).rejects.toMatchObject({ code });
    const handle = await vm.fs.open("/tmp/f", "a");
    await handle.write(" second");
    await expect(handle.sync()).rejects.toMatchObject({ code });
    expect(await vm.fs.readFile("/tmp/f", "utf8")).toBe("first second");
    store.failure = undefined;
    await handle.sync();
    await vm.dispose();
    const next = await create(on, manual);
    expect(await next.fs.readFile("/tmp/f", "utf8")).toBe("first second");
  });

  test("that fail at the end are told", async () => {
    const store = new Disk();
    const vm = await create(thread(store), never);
    await vm.fs.writeFile("/tmp/f", "x");
    store.failure = new KernelError(Errno.ENOSPC);
    await expect(vm.dispose()).rejects.toMatchObject({ code: "ENOSPC" });
  });
});

describe("snapshots and forks", () => {
  test("without a store are kept in memory, and start machines that share nothing but their past", async () => {
    const on = thread(new Disk());
    const vm = await create(on);
    await vm.fs.writeFile("/tmp/f", "before");
    const snapshot = await vm.snapshot();
    await vm.fs.writeFile("/tmp/f", "after");
    const [old, fork] = [await create(on, { from: snapshot }), await vm.fork({ env: { X: "y" } })];
    open.push(fork);
    expect(await old.fs.readFile("/tmp/f", "utf8")).toBe("before");
    expect(await fork.fs.readFile("/tmp/f", "utf8")).toBe("after");
    await fork.exec("echo $X > /tmp/f");
    expect(await vm.fs.readFile("/tmp/f", "utf8")).toBe("after");
    expect(await fork.fs.readFile("/tmp/f", "utf8")).toBe("y\n");
    await vm.dispose();
    expect((await fork.exec("cat /tmp/f; grep -c root /etc/passwd")).stdout).toBe("y\n1\n");
  });

  test("have names, which are listed and given up again", async () => {
    const on = thread(new Disk());
    const vm = await create(on);
    const one = await vm.snapshot("one");
    await vm.fs.writeFile("/tmp/f", "x");
    const two = await vm.snapshot("two");
    expect(await vm.snapshot("two")).toEqual(two);
    expect(await vm.snapshots()).toEqual([one, two]);
    await expect(vm.snapshot("one")).rejects.toMatchObject({ code: "ERR_SNAPSHOT_EXISTS" });
    await vm.removeSnapshot("one");
    expect((await vm.snapshots()).map(({ name }) => name)).toEqual(["two"]);
    await expect(vm.removeSnapshot("one")).rejects.toMatchObject({ code: "ERR_NO_SNAPSHOT" });
    await expect(create(on, { from: "one" })).rejects.toMatchObject({ code: "ERR_NO_SNAPSHOT" });
  });

  test("write nothing and take no lock until they commit", async () => {
    const storage = new MemoryStorage();
    const store = new Disk(storage);
    const vm = await create(thread(store), manual);
    await vm.fs.writeFile("/tmp/f", "x");
    await vm.commit();
    const { swaps } = store;
    const [gone, kept] = [await vm.fork(), await vm.fork()];
    expect((await kept.exec("cat /tmp/f; echo y > /tmp/f")).stdout).toBe("x");
    await gone.dispose();
    expect([store.swaps, [...storage.locked]]).toEqual([swaps, ["machines/main"]]);
    await kept.commit();
    const both = ["machines/main", expect.stringContaining(TEMPORARY)];
    expect([[...storage.refs.keys()], [...storage.locked]]).toEqual([both, both]);
    await kept.dispose();
    const one = ["machines/main"];
    expect([[...storage.refs.keys()], [...storage.locked]]).toEqual([one, one]);
  });

  test("do not commit before their lock is there", async () => {
    const store = new Disk();
    const vm = await create(thread(store), manual);
    await vm.commit();
    const { promise, resolve } = Promise.withResolvers<void>();
    store.beforeLock = () => promise;
    const fork = await vm.fork();
    open.push(fork);
    await fork.exec("echo y > /tmp/f");
    const { swaps } = store;
    let isCommitted = false;
    const commit = fork.commit().then(() => {
      isCommitted = true;
    });
    await fork.exec("ls / | wc -l");
    expect([isCommitted, store.swaps]).toEqual([false, swaps]);
    resolve();
    await commit;
    expect(store.swaps).toBe(swaps + 1);
  });

  test.each([
    ["ERR_STORE_BUSY", new StoreBusy("machines/temporary-1", "another tab")],
    ["EIO", new KernelError(Errno.EIO)],
  ])("that do not get their lock say %s, until they get it", async (code, why) => {
    const store = new Disk();
    const vm = await create(thread(store), manual);
    await vm.commit();
    const { swaps } = store;
    store.beforeLock = () => Promise.reject(why);
    const fork = await vm.fork();
    await fork.exec("echo y > /tmp/f");
    for (const work of [() => fork.commit(), () => fork.snapshot("s"), () => fork.fork()]) {
      await expect(work()).rejects.toMatchObject({ code });
    }
    expect(store.swaps).toBe(swaps);
    store.beforeLock = undefined;
    await fork.commit();
    expect(store.swaps).toBe(swaps + 1);
    await fork.dispose();
  });

  test.each([
    ["commits", (vm: Vm) => vm.commit()],
    ["is switched off", (vm: Vm) => vm.dispose()],
  ])("keep what they build on when their parent %s", async (_, leave) => {
    for (const isForked of [true, false]) {
      const store = new Disk();
      const vm = await create(thread(store), { store: disk });
      await vm.fs.writeFile("/tmp/f", "before");
      const { id, tree } = await vm.commit();
      if (isForked) open.push(await vm.fork());
      await vm.fs.writeFile("/tmp/f", "after");
      await leave(vm);
      // What was touched in this millisecond would stay in any case.
      const left = Date.now();
      await expect.poll(() => Date.now(), { interval: 1 }).toBeGreaterThan(left);
      await collectGarbage(store, references, { grace: 0 });
      expect(await store.missing([id, tree])).toEqual(isForked ? [] : [id, tree]);
    }
  });

  test("that cannot be kept any more say so at their end; their parent goes on", async () => {
    const store = new Disk();
    const vm = await create(thread(store), manual);
    await vm.fs.writeFile("/tmp/f", "x");
    const [fork, second] = [await vm.fork(), await vm.fork()];
    store.beforeLock = () => Promise.reject(new KernelError(Errno.EIO));
    await vm.fs.writeFile("/tmp/f", "y");
    await vm.commit();
    await expect(fork.dispose()).rejects.toMatchObject({ code: "EIO" });
    store.beforeLock = undefined;
    await second.commit();
    await second.dispose();
  });

  test("differ by paths", async () => {
    const vm = await create(thread(new Disk()), { user: "root" });
    await vm.exec(
      "mkdir -p /srv/d; echo 1 > /srv/d/same; echo 1 > /srv/d/other; ln /srv/d/other /srv/l",
    );
    const before = await vm.snapshot("before");
    await vm.exec(
      "echo 2 >> /srv/d/other; rm /etc/motd; mkdir /srv/new; : > /srv/new/f; cat /etc/passwd",
    );
    const { added, changed, removed } = await vm.diff(before);
    expect(added).toEqual(["/srv/new", "/srv/new/f"]);
    expect(changed).toEqual(["/etc", "/srv", "/srv/d/other", "/srv/l"]);
    expect(removed).toEqual(["/etc/motd"]);
    expect(await vm.diff("before", before)).toEqual({ added: [], changed: [], removed: [] });
  });

  test("that do not fit the limits are refused, and the limit is named", async () => {
    const on = thread(new Disk());
    const vm = await create(on);
    await vm.fs.writeFile("/tmp/f", new Uint8Array(3 << 20).fill(1));
    const from = await vm.snapshot();
    await expect(create(on, { from, limits: { disk: 1 << 20 } })).rejects.toMatchObject({
      code: "ERR_LIMIT",
      message: expect.stringContaining("limits.disk"),
    });
  });

  test("leave nothing in memory when the last machine is gone", async () => {
    const memory = new MemoryStorage();
    const on = thread(new Disk(), { openStore: async () => new MemoryStore(memory) });
    const vm = await create(on);
    await vm.fs.writeFile("/tmp/f", randomBytes(1 << 20));
    const fork = await vm.fork();
    expect(memory.bytes).toBeGreaterThan(1 << 20);
    await vm.dispose();
    await fork.dispose();
    expect(memory.bytes).toBe(0);
  });

  test("of another image are refused, unless that is asked for", async () => {
    const store = new Disk();
    const vm = await create(thread(store), manual);
    await vm.commit();
    await vm.dispose();
    const image = await nodePlatform.openImage();
    const other = { ...image, digest: `sha256:${"0".repeat(64)}` as const };
    const on = thread(store, { openImage: async () => other });
    await expect(create(on, manual)).rejects.toMatchObject({ code: "ERR_OTHER_IMAGE" });
    await create(on, { ...manual, image: "another" });
  });
});

test("a machine in a directory outlives its thread", async () => {
  const path = mkdtempSync(join(tmpdir(), "isopod-state-"));
  const own = { openStore: nodePlatform.openStore };
  const options: VmOptions = { store: { type: "directory", path }, name: "main" };
  const first = await create(thread(new Disk(), own), options);
  await first.exec("for i in {1..50}; do echo $i > /tmp/$i; done");
  await first.dispose();
  const second = await create(thread(new Disk(), own), options);
  expect((await second.exec("cat /tmp/[0-9]* | wc -l")).stdout.trim()).toBe("50");
  await second.dispose();
  rmSync(path, { recursive: true });
});
