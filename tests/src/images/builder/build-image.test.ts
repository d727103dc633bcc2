/** Images from image files: the same digest from the same sources, and machines that run on them. */
import { execFileSync } from "node:child_process";
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "../../../../src/images/builder/build-image.ts";
import { parseImageFile } from "../../../../src/images/builder/image-file.ts";
import { Layout } from "../../../../src/images/node/layout.ts";
import { openFolderImage } from "../../../../src/images/node/open-folder.ts";
import { createVm } from "../../../../src/index.ts";
import { BlobServer } from "../blob-server.ts";
import { entryLines, readAll } from "../sample-image.ts";

let scratch: string;
let count = 0;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "isopod-build-"));
  await mkdir(join(scratch, "files/bin"), { recursive: true });
  await writeFile(join(scratch, "files/bin/hello"), "#!/bin/bash\necho hello $WHO\n");
  await chmod(join(scratch, "files/bin/hello"), 0o755);
  await symlink("hello", join(scratch, "files/bin/hi"));
  await writeFile(join(scratch, "files/notes.txt"), "notes");
  await writeFile(join(scratch, "files/build.log"), "log");
});
afterAll(() => rm(scratch, { recursive: true }));

async function build(file: object, target = join(scratch, `out-${++count}`)) {
  const plan = parseImageFile(join(scratch, "isopod.jsonc"), JSON.stringify(file));
  const layout = new Layout(target);
  const built = await buildImage(plan, layout);
  await layout.tag(built.image, "latest");
  return { ...built, target };
}

const FILE = {
  layers: [
    { folder: "files", to: "/", exclude: ["*.log"] },
    { npm: "unbash@6.0.4", to: "/opt/unbash" },
    {
      files: {
        "/data": { directory: true, owner: "user", mode: "0700" },
        "/etc/motd": "welcome\n",
        "/usr/bin/tsort": { remove: true },
      },
    },
  ],
  env: { WHO: "you" },
  cwd: "/data",
  labels: { purpose: "test" },
};

test("the same sources give the same digest, whatever their times are", async () => {
  const first = await build(FILE);
  await utimes(join(scratch, "files/notes.txt"), 1, 1);
  expect((await build(FILE)).image.digest).toBe(first.image.digest);
  await writeFile(join(scratch, "files/notes.txt"), "other");
  expect((await build(FILE)).image.digest).not.toBe(first.image.digest);
  await writeFile(join(scratch, "files/notes.txt"), "notes");
  expect(first.ownSize).toBeLessThan(first.size / 10);
});

test("a machine runs on it, with its user, environment and directory", async () => {
  const { target } = await build(FILE);
  await using vm = await createVm({ image: target });
  const { stdout } = await vm.exec("id -un; pwd; hello; hi; cat /etc/motd; ls -ld /usr/bin/hi");
  expect(stdout.split("\n")).toEqual([
    "user",
    "/data",
    "hello you",
    "hello you",
    "welcome",
    expect.stringMatching(/^lrwxrwxrwx 1 root root .* \/usr\/bin\/hi -> hello$/),
    "",
  ]);
  expect((await vm.exec("tsort; echo $?", { reject: false })).stdout).toBe("127\n");
  expect(await vm.exec("ls /opt/unbash; stat -c '%U %a' /data")).toMatchObject({
    stdout: expect.stringMatching(/package\.json\n.*user 700\n$/s),
  });
  await using other = await createVm({ image: target, env: { WHO: "me" }, cwd: "/", user: "root" });
  expect((await other.exec("id -un; pwd; hello")).stdout).toBe("root\n/\nhello me\n");
});

test("from nothing, and from one that was built", async () => {
  const below = await build({
    from: null,
    layers: [{ files: { "/a": "1", "/b": "1" } }],
    env: { A: "1" },
  });
  const above = await build({
    from: below.target,
    layers: [
      { files: { "/b": "2", "/etc/passwd": "me:x:7:8::/:/bin/sh\n" } },
      { files: { "/c": { text: "3", owner: "me" } } },
    ],
    env: { B: "2" },
    user: "me",
  });
  const image = await openFolderImage(above.target);
  expect(entryLines(image)).toEqual([
    "directory /",
    "file /a",
    "file /b",
    "file /c",
    "directory /etc",
    "file /etc/passwd",
  ]);
  expect((await readAll(image, "/b")).toString()).toBe("2");
  expect(image.config).toMatchObject({ env: { A: "1", B: "2" }, user: "me", labels: {} });
  image.close();
});

test("a tar of another tool is a layer: modes, links and whiteouts", async () => {
  const source = join(scratch, "tar");
  await mkdir(join(source, "bin"), { recursive: true });
  await mkdir(join(source, "etc"), { recursive: true });
  await writeFile(join(source, "bin/zz"), "#!/bin/bash\necho zz\n");
  await chmod(join(source, "bin/zz"), 0o711);
  await link(join(source, "bin/zz"), join(source, "bin/aa"));
  await writeFile(join(source, "etc/.wh.motd"), "");
  const names = ["bin/zz", "bin/aa", "etc/.wh.motd"];
  const tar = ["czf", join(scratch, "layer.tgz"), "-C", source, "--owner=0", "--group=0"];
  execFileSync("tar", [...tar, ...names]);
  const { target } = await build({ layers: [{ tar: "layer.tgz" }] });
  const image = await openFolderImage(target);
  const paths = image.source.entries.map(({ path }) => path);
  expect(paths).not.toContain("/etc/motd");
  expect(image.source.entries.find(({ path }) => path === "/usr/bin/aa")).toMatchObject({
    kind: "file",
    mode: 0o711,
  });
  expect((await readAll(image, "/usr/bin/aa")).toString()).toMatch(/echo zz/);
  image.close();
});

test("names of owners are the image's own", async () => {
  const file = (owner: string) => ({ layers: [{ files: { "/x": { text: "", owner } } }] });
  const image = await openFolderImage((await build(file("user:mail"))).target);
  expect(image.source.entries.find(({ path }) => path === "/x")).toMatchObject({
    uid: 1000,
    gid: 8,
  });
  image.close();
  await expect(build(file("nobody-here"))).rejects.toThrow(/the image has no user nobody-here/);
});

test.each([
  [{ layers: [{ folder: "missing" }] }, /missing.*ENOENT/],
  [{ layers: [{ folder: "files/notes.txt" }] }, /is no folder/],
  [{ layers: [{ files: { "/a": { file: "missing" } } }] }, /ENOENT/],
  [{ from: "./nowhere" }, /is no OCI image layout/],
  [{ from: "nowhere.example.com/x" }, /there is no image nowhere.example.com\/x/],
  [{ layers: [{ npm: "unbash@6.0.4", path: "nothing" }] }, /there is nothing under nothing/],
])("refused: %j", async (file, message) => {
  await expect(build(file)).rejects.toThrow(message);
});

test("a failed build leaves nothing that is seen", async () => {
  const target = join(scratch, "failed");
  const file = { from: null, layers: [{ files: { "/a": { file: "missing" } } }] };
  await expect(build(file, target)).rejects.toThrow(/ENOENT/);
  expect(new Layout(target).images()).toEqual([]);
  const blobs = await readdir(join(target, "blobs/sha256")).catch(() => []);
  expect(blobs).toEqual([]);
  await expect(stat(join(target, "oci-layout"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a machine runs on an image that a web server has", async () => {
  const { target } = await build(FILE);
  await using server = await BlobServer.serve(target);
  await using vm = await createVm({ image: server.url });
  expect((await vm.exec("hello; id -un; seq 3 | sort -r | head -n 1")).stdout).toBe(
    "hello you\nuser\n3\n",
  );
  expect(server.requests.some(({ range }) => range !== undefined)).toBe(true);
});

test("a name that comes to mean another image means it in the next machine", async () => {
  const target = join(scratch, "renamed");
  const file = (text: string) => ({ layers: [{ files: { "/etc/motd": text } }] });
  await build(file("one"), target);
  await using first = await createVm({ image: target });
  await build(file("two"), target);
  await using second = await createVm({ image: target });
  expect(await first.fs.readFile("/etc/motd", "utf8")).toBe("one");
  expect(await second.fs.readFile("/etc/motd", "utf8")).toBe("two");
});

test("an image that is not there is told with what to do", async () => {
  await expect(createVm({ image: "nowhere.example.com/x:1" })).rejects.toMatchObject({
    code: "ERR_NO_IMAGE",
    message: expect.stringMatching(/isopod image pull nowhere\.example\.com\/x:1/),
  });
  await expect(createVm({ image: "./nowhere" })).rejects.toMatchObject({ code: "ERR_IMAGE" });
});
