/** vm.fs.watch: what the machine's own programs, and the host, do to files. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, type Vm } from "../../../src/index.ts";

let vm: Vm;
beforeAll(async () => {
  vm = await createVm();
});
afterAll(() => vm.dispose());

type Change = { eventType: string; filename: string | Buffer };

/** Watches until `done` says so of what was heard; `act` runs once it watches. */
async function heard(
  path: string,
  options: { recursive?: boolean; encoding?: "buffer" },
  act: () => Promise<unknown>,
  done: (changes: Change[]) => boolean,
): Promise<Change[]> {
  const changes: Change[] = [];
  const watcher = vm.fs.watch(path, options);
  const first = watcher.next();
  // A request is answered before the next is begun, so it watches when this is over.
  await vm.fs.stat(path);
  await act();
  for (let next = await first; !next.done; next = await watcher.next()) {
    changes.push(next.value);
    if (done(changes)) break;
  }
  await watcher.return();
  return changes;
}

const has = (name: string) => (changes: Change[]) =>
  changes.some(({ filename }) => filename === name);

test("tells of a folder's files by name, whoever changes them", async () => {
  await vm.fs.mkdir("/tmp/folder");
  const changes = await heard(
    "/tmp/folder",
    {},
    () => vm.exec("echo text > /tmp/folder/a; mv /tmp/folder/a /tmp/folder/b"),
    has("b"),
  );
  expect(changes).toContainEqual({ eventType: "rename", filename: "a" });
  expect(changes).toContainEqual({ eventType: "change", filename: "a" });
  expect(changes).toContainEqual({ eventType: "rename", filename: "b" });
});

test("tells of a file by its own name", async () => {
  await vm.fs.writeFile("/tmp/one", "");
  const changes = await heard("/tmp/one", {}, () => vm.fs.writeFile("/tmp/one", "x"), has("one"));
  expect(changes[0]).toEqual({ eventType: "change", filename: "one" });
});

test("tells of all that is below a folder, folders that come later too", async () => {
  await vm.fs.mkdir("/tmp/tree/old", { recursive: true });
  const changes = await heard(
    "/tmp/tree",
    { recursive: true },
    () =>
      vm.exec(
        "mkdir -p /tmp/tree/new/deep; echo > /tmp/tree/new/deep/file; echo > /tmp/tree/old/x",
      ),
    (all) => has("new/deep/file")(all) && has("old/x")(all),
  );
  expect(changes).toContainEqual({ eventType: "rename", filename: "new" });
});

test("gives names as buffers", async () => {
  await vm.fs.mkdir("/tmp/bytes");
  const [change] = await heard(
    "/tmp/bytes",
    { encoding: "buffer" },
    () => vm.fs.writeFile("/tmp/bytes/a", ""),
    (all) => all.length > 0,
  );
  expect(change?.filename).toEqual(Buffer.from("a"));
});

test("ends when its signal is aborted, and refuses what is not there", async () => {
  const controller = new AbortController();
  const next = vm.fs.watch("/tmp", { signal: controller.signal }).next();
  await vm.fs.stat("/tmp");
  controller.abort();
  await expect(next).rejects.toMatchObject({ name: "AbortError", code: "ABORT_ERR" });
  await expect(vm.fs.watch("/tmp/none").next()).rejects.toMatchObject({
    code: "ENOENT",
    syscall: "watch",
    path: "/tmp/none",
  });
});
