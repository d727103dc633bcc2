/** Snapshots as layers: exported, read by tar, imported again, and layers that make no sense. */
import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm } from "../../../src/create-vm.ts";
import { type TarHeader, tarHeader } from "../../../src/images/tar-header.ts";
import { MachineService } from "../../../src/machine/service.ts";
import { memoryStore } from "../../../src/options/stores.ts";
import { nodePlatform } from "../../../src/platforms/node/platform.ts";
import { storedThings } from "../../../src/snapshots.ts";
import { inThread } from "../../../src/thread/in-thread.ts";
import type { Vm } from "../../../src/vm.ts";

const store = memoryStore("layers");
const { exportSnapshot, importSnapshot, diffSnapshots } = storedThings(inThread);
let vm: Vm;

/** Changes of every kind that a layer can tell. */
const CHANGES = `
set -e
mkdir -p /srv/a/b && echo text > /srv/a/b/f && ln /srv/a/b/f /srv/l && ln -s a/b /srv/s
mkfifo /srv/p && mknod /srv/null c 1 3 && chmod 4711 /srv/a/b/f && chown 5:6 /srv/a
head -c 300000 /dev/urandom > /srv/large && truncate -s 1000000 /srv/large
rm /etc/motd && mv /etc/profile.d /srv/moved && chmod 600 /etc/issue
rm -r /usr/share/doc 2>/dev/null || true
mkdir -p /etc/again && rmdir /etc/again && echo over > /etc/hosts
`;

beforeAll(async () => {
  vm = await createVm({ store, user: "root", kernel: "in-thread" });
  const { exitCode, stderr } = await vm.exec(CHANGES);
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  await vm.fs.utimes("/srv/a", 1, 2.5);
  await vm.snapshot("one");
});

afterAll(() => vm.dispose());

async function layerOf(name: string): Promise<Uint8Array> {
  return new Uint8Array(await new Response(exportSnapshot(store, name)).arrayBuffer());
}

describe("a layer", () => {
  test("is what tar reads", async () => {
    const layer = await layerOf("one");
    const listing = execFileSync("tar", ["-tvf", "-"], { input: layer, encoding: "utf8" });
    const names = listing.split("\n").map((line) => line.split(/\s+/).slice(5).join(" "));
    expect(names).toContain("etc/.wh.motd");
    expect(names).toContain("etc/.wh.profile.d");
    expect(names).toContain("srv/s -> a/b");
    expect(names.some((name) => name.startsWith("srv/moved/"))).toBe(true);
    expect(listing).toMatch(
      /^hrws--x--x .* (srv\/l link to srv\/a\/b\/f|srv\/a\/b\/f link to srv\/l)$/m,
    );
    expect(listing).not.toContain("usr/bin");
  });

  test.each([false, true])("gives the same files again (gzip: %s)", async (compressed) => {
    const layer = await layerOf("one");
    const name = `again-${compressed}`;
    const snapshot = await importSnapshot(store, name, compressed ? gzipSync(layer) : layer);
    expect(snapshot.name).toBe(name);
    const { added, changed, removed } = await diffSnapshots(store, "one", name);
    expect([added, removed]).toEqual([[], []]);
    // The root itself, and what a layer does not say: which file of the image shows through.
    expect(
      changed.filter((path) => !path.startsWith("/srv/moved") && path !== "/etc/issue"),
    ).toEqual([]);
    const back = await createVm({ from: snapshot, user: "root", kernel: "in-thread" });
    const look =
      "find /srv /etc -exec stat -c '%n %A %h %u %g %s %t %T %y' {} + | sort; sha256sum /srv/large";
    const [expected, found] = [await vm.exec(look), await back.exec(look)];
    expect(found.stdout).toBe(expected.stdout);
    expect((await layerOf(name)).length).toBeLessThanOrEqual(layer.length + 10_000);
    await back.dispose();
  });

  test("is refused under a name that is taken, or for a name that hides files", async () => {
    const layer = await layerOf("one");
    await expect(importSnapshot(store, "one", layer)).rejects.toMatchObject({
      code: "ERR_SNAPSHOT_EXISTS",
    });
    await vm.fs.writeFile("/srv/.wh.x", "");
    await vm.snapshot("hiding");
    await expect(layerOf("hiding")).rejects.toMatchObject({ code: "ERR_EXPORT" });
  });
});

describe("a layer that makes no sense", () => {
  const plain: TarHeader = { name: "f", type: "file", mode: 0, uid: 0, gid: 0, mtime: 0, size: 0 };
  const cases: [string, Uint8Array][] = [
    ["leads out", tarHeader({ ...plain, name: "../f" })],
    [
      "goes through a link",
      joined({ ...plain, name: "l", type: "symlink", target: "/etc" }, { ...plain, name: "l/f" }),
    ],
    ["links to nothing", tarHeader({ ...plain, type: "hardlink", target: "none" })],
    ["links to a directory", tarHeader({ ...plain, type: "hardlink", target: "etc" })],
    ["ends in a file", tarHeader({ ...plain, size: 1000 })],
    ["ends in a header", tarHeader(plain).subarray(0, 300)],
    ["has a wrong checksum", tarHeader(plain).fill(1, 0, 3)],
    ["is no archive", new TextEncoder().encode("x".repeat(2000))],
    ["has an unknown type", changed(tarHeader(plain))],
  ];

  test.each(cases)("is refused where it %s", async (_, bytes) => {
    await expect(importSnapshot(store, "wrong", bytes)).rejects.toMatchObject({
      code: "ERR_IMPORT",
    });
  });

  test("leaves no snapshot behind, and one without entries is one", async () => {
    expect((await vm.snapshots()).map(({ name }) => name)).not.toContain("wrong");
    const { tree } = await importSnapshot(store, "empty", new Uint8Array(1024));
    expect(tree).toMatch(/^[0-9a-f]{64}$/);
  });
});

test("a service without machines answers about stores", async () => {
  const service = new MachineService(nodePlatform);
  const names = (await service.request(
    0,
    "snapshots" as never,
    "list" as never,
    [store] as never,
  )) as {
    name: string;
  }[];
  expect(names.map(({ name }) => name)).toContain("one");
});

function joined(...headers: TarHeader[]): Uint8Array {
  return new Uint8Array(Buffer.concat(headers.map(tarHeader)));
}

/** Type flag "V", and the checksum that goes with it. */
function changed(header: Uint8Array): Uint8Array {
  const sum = Number.parseInt(Buffer.from(header.subarray(148, 154)).toString("latin1"), 8);
  const next = sum - (header[156] as number) + "V".charCodeAt(0);
  header[156] = "V".charCodeAt(0);
  header.set(new TextEncoder().encode(next.toString(8).padStart(6, "0")), 148);
  return header;
}
