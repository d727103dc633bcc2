/** Paths that are read-only or hidden, and the ways around them that are none. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, type Vm } from "../../../src/index.ts";

let vm: Vm;
beforeAll(async () => {
  vm = await createVm({
    user: "root",
    permissions: {
      fs: [
        { path: ["/srv/read", "/home/*/.config"], access: "read" },
        { path: ["/srv/none", "/srv/**/*.key"], access: "none" },
        { path: "/srv/none/but/this", access: "write" },
        { path: "/srv/read/open", access: "write" },
      ],
    },
  });
  for (const folder of ["read/open", "read/sub", "none/but/this", "none/other", "free/sub"]) {
    await vm.fs.mkdir(`/srv/${folder}`, { recursive: true });
    await vm.fs.writeFile(`/srv/${folder}/file`, `${folder}\n`);
  }
  await vm.fs.writeFile("/srv/free/secret.key", "secret\n");
  await vm.fs.writeFile("/srv/read/file", "read\n");
  await vm.fs.mkdir("/home/user/.config");
  await vm.fs.writeFile("/home/user/.config/file", "config\n");
});
afterAll(() => vm.dispose());

const run = async (line: string) => {
  const { stdout, stderr, exitCode } = await vm.exec(line);
  return { out: stdout.trim(), error: stderr.trim(), ok: exitCode === 0 };
};

/** Each line fails at FOLDER of the first kind and works in /srv/free, as root. */
test.each([
  "echo x > FOLDER/file",
  "echo x >> FOLDER/file",
  "echo x > FOLDER/new",
  "mkdir FOLDER/made",
  "ln -s x FOLDER/link",
  "mkfifo FOLDER/fifo",
  "rm FOLDER/file",
  "mv FOLDER/file FOLDER/moved",
  "touch FOLDER/file",
  "chmod 600 FOLDER/file",
  "chown 1 FOLDER/file",
  "truncate -s 1 FOLDER/file",
  "test -w FOLDER/file",
  "cd FOLDER && echo x > file",
  "cd FOLDER/sub && echo x > ../file",
  "ln -sfn FOLDER /tmp/link && echo x > /tmp/link/file",
  "echo x > /proc/self/root/FOLDER/file",
  "cd FOLDER/sub && echo x > /proc/self/cwd/file",
  "exec 3< FOLDER/file && echo x > /proc/self/fd/3",
  "exec 3< FOLDER && echo x > /proc/self/fd/3/file",
  "ln FOLDER/file /tmp/hard && echo x > /tmp/hard",
  "mv FOLDER /srv/elsewhere && echo x > /srv/elsewhere/file && mv /srv/elsewhere FOLDER",
  "mv FOLDER/sub /srv/sub && mv /srv/sub FOLDER/sub",
  "unshare true 2>/dev/null; chroot FOLDER /missing 2>/dev/null; echo x > /srv/../FOLDER/./file",
  'node -e \'require("fs").writeFileSync("FOLDER/file", "x")\'',
  "sed -i s/x/y/ FOLDER/file",
])("read-only: %s", async (line) => {
  const at = (folder: string) => line.replaceAll("FOLDER", folder);
  await vm.exec(
    "rm -rf /tmp/link /tmp/hard /srv/free/{new,made,link,fifo,moved}; echo x > /srv/free/file",
  );
  const refused = await run(at("/srv/read"));
  expect([refused.ok, await vm.fs.readFile("/srv/read/file", "utf8")]).toEqual([false, "read\n"]);
  await vm.exec("rm -rf /tmp/link /tmp/hard; exec 3<&-");
  const allowed = await run(at("/srv/free"));
  const isThere = !/not found|unrecognized/.test(allowed.error);
  expect([line, allowed.error, allowed.ok || !isThere]).toEqual([line, allowed.error, true]);
});

test("read-only says so, to the program and to its caller", async () => {
  const result = await vm.exec("cat /srv/read/file; echo x > /srv/read/file; rm /srv/read/file");
  expect(result.stdout).toBe("read\n");
  expect(result.stderr).toMatch(
    /^bash: line 1: \/srv\/read\/file: Read-only file system \(permissions\.fs\[0\] makes read-only \/srv\/read\)\nrm: .*Read-only file system/,
  );
  expect(result.refusals).toEqual([
    "bash: permissions.fs[0] makes read-only /srv/read",
    "rm: permissions.fs[0] makes read-only /srv/read",
  ]);
});

test("exceptions within what is read-only may be written", async () => {
  expect(await run("echo x > /srv/read/open/file && cat /srv/read/open/file")).toMatchObject({
    out: "x",
  });
  expect((await run("echo x > /home/user/.config/file")).ok).toBe(false);
  expect((await run("echo x > /home/user/.configured && rm /home/user/.configured")).ok).toBe(true);
});

test.each([
  "cat FOLDER/file",
  "ls FOLDER",
  "stat FOLDER/file",
  "test -e FOLDER/file",
  "cd FOLDER",
  "cat /proc/self/root/FOLDER/file",
  "cd FOLDER/.. && cat other/file",
  "ln -sfn FOLDER/file /tmp/seen && cat /tmp/seen",
  "mv FOLDER/file /tmp/moved && mv /tmp/moved FOLDER/file",
  "mv FOLDER /srv/moved && mv /srv/moved FOLDER",
  "ln FOLDER/file /tmp/hard",
  "readlink -e FOLDER/file",
  "cp -r FOLDER /tmp/copied && cat /tmp/copied/file",
  "find FOLDER -name file | grep .",
  "realpath -e FOLDER/file",
])("hidden: %s", async (line) => {
  await vm.fs.mkdir("/srv/free/other", { recursive: true });
  await vm.fs.writeFile("/srv/free/other/file", "free\n");
  await vm.exec("rm -rf /tmp/seen /tmp/hard /tmp/copied");
  const refused = await run(line.replaceAll("FOLDER", "/srv/none/other"));
  expect([refused.ok, refused.out]).toEqual([false, ""]);
  await vm.exec("rm -rf /tmp/seen /tmp/hard /tmp/copied");
  const allowed = await run(line.replaceAll("FOLDER", "/srv/free/other"));
  const isThere = !/not found|cannot run command|failed to run/.test(allowed.error);
  expect([line, allowed.error, allowed.ok || !isThere]).toEqual([line, allowed.error, true]);
  expect(await vm.fs.readFile("/srv/none/other/file", "utf8")).toBe("none/other\n");
});

test("what is hidden is in no listing, but for what leads on to what is not", async () => {
  expect((await run("ls /srv; ls -A /srv/none /srv/none/but")).out).toBe(
    "free\nnone\nread\n/srv/none:\nbut\n\n/srv/none/but:\nthis",
  );
  expect((await run("echo /srv/none/* /srv/none/.[!.]*")).out).toBe(
    "/srv/none/but /srv/none/.[!.]*",
  );
  expect((await run("echo x > /srv/none/but/this/file && cat /srv/none/but/this/file")).out).toBe(
    "x",
  );
  expect((await run("echo x > /srv/none/but/new")).ok).toBe(false);
  expect((await run("echo x > /srv/none/other")).error).toContain("Read-only file system");
  expect((await vm.fs.readdir("/srv/none")).sort()).toEqual(["but", "other"]);
});

test("patterns hide files wherever they are, and no move brings them out", async () => {
  expect((await run("ls /srv/free")).out).not.toContain("secret.key");
  expect((await run("cat /srv/free/secret.key")).error).toContain("No such file or directory");
  expect((await run("mv /srv/free /tmp/free")).error).toContain("Permission denied");
  expect((await run("cp -r /srv/free /tmp/free2; ls /tmp/free2")).out).not.toContain("secret.key");
  expect((await run("mv /srv/free/sub /srv/free/sub2 && mv /srv/free/sub2 /srv/free/sub")).ok).toBe(
    true,
  );
  expect((await run("mkdir /tmp/x && mv /tmp/x /srv/free/x && rmdir /srv/free/x")).ok).toBe(true);
});

test("a working directory that was moved does not carry its old path along", async () => {
  const line =
    "mkdir -p /tmp/w && cd /tmp/w && (cd / && mv /tmp/w /srv/free/w) && pwd -P && cat ../../none/other/file";
  expect((await run(line)).out).toBe("/srv/free/w");
  await vm.fs.writeFile("/srv/free/sub/file", "free/sub");
  expect((await run("cd /srv/free/w && cat ../sub/file && rmdir /srv/free/w")).out).toBe(
    "free/sub",
  );
});

test("what the host opens is the host's", async () => {
  await vm.fs.writeFile("/srv/read/file", "by the host\n");
  expect((await run("cat /srv/read/file")).out).toBe("by the host");
  await vm.fs.writeFile("/srv/read/file", "read\n");
});

test("watches tell nothing of what is hidden", async () => {
  const watching = `node -e 'const w = require("fs").watch("/srv/free", (_, name) => {
    console.log(name);
    if (name === "last") w.close();
  }); console.log("on")'`;
  const child = await vm.spawn(["bash", "-c", watching]);
  const reader = child.stdout
    .pipeThrough(new TextDecoderStream() as never)
    .getReader() as ReadableStreamDefaultReader<string>;
  let text = "";
  while (!text.includes("on\n")) text += (await reader.read()).value ?? "";
  for (const name of ["first", "hidden.key", "last"])
    await vm.fs.writeFile(`/srv/free/${name}`, "");
  for (let piece = await reader.read(); !piece.done; piece = await reader.read())
    text += piece.value;
  expect(text).toMatch(/first[\s\S]*last/);
  expect(text).not.toContain("hidden.key");
});
