/** What a program could learn of the host: environment, folders, names, processors, and how fine its clock is. */
import { hostname, userInfo } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, customFileSystem, hostDirectory, type Vm } from "../../src/index.ts";

let vm: Vm;
const SECRET = "only-the-host-knows-this-4711";

beforeAll(async () => {
  process.env["ISOPOD_TEST_SECRET"] = SECRET;
  process.env["LANG_OF_HOST"] = SECRET;
  vm = await createVm({
    mounts: {
      "/mnt/host": hostDirectory(import.meta.dirname),
      "/mnt/bad": customFileSystem({
        async stat(path) {
          if (path === "/") return { type: "directory" };
          throw new Error(`${SECRET} at ${import.meta.filename}`);
        },
        async readdir() {
          throw Object.assign(new Error(SECRET), { code: "EACCES" });
        },
        async read() {
          throw new Error(SECRET);
        },
      }),
    },
  });
});
afterAll(async () => {
  delete process.env["ISOPOD_TEST_SECRET"];
  delete process.env["LANG_OF_HOST"];
  await vm?.dispose();
});

/** Nothing that only the host could have said. */
function expectNothing(text: string): void {
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain(process.cwd());
  expect(text).not.toContain(import.meta.dirname);
  expect(text).not.toContain(process.execPath);
  const { username } = userInfo();
  if (username !== "root" && username !== "user") expect(text).not.toContain(username);
  if (hostname() !== "isopod" && hostname().length > 3) expect(text).not.toContain(hostname());
}

test("the environment, in every kind of program", async () => {
  const { stdout } = await vm.exec(
    `env; set; node -p 'JSON.stringify(process.env)'; cat /proc/self/environ /proc/1/environ 2>/dev/null; export -p`,
  );
  expect(stdout).toContain("HOME=/home/user");
  expectNothing(stdout);
});

test("what Node says of itself and of the system", async () => {
  await vm.fs.writeFile(
    "/tmp/tell.js",
    `const os = require("os"), util = require("util");
     const said = { exec: process.execPath, argv: process.argv, title: process.title, config: process.config, report: (() => { try { return process.report.getReport() } catch (e) { return e.message } })(), cwd: process.cwd(), host: os.hostname(), user: os.userInfo(), home: os.homedir(), tmp: os.tmpdir(), cpus: os.cpus(), interfaces: os.networkInterfaces(), release: os.release(), version: os.version(), modules: module.paths, resolve: require.resolve("fs"), stack: new Error().stack, main: require.main.filename, resource: process.resourceUsage(), versions: process.versions, features: process.features };
     console.log(util.inspect(said, { depth: 9, maxArrayLength: null }));`,
  );
  const { stdout, stderr } = await vm.exec("node /tmp/tell.js");
  expect(stdout).toContain("/usr/bin/node");
  expectNothing(stdout + stderr);
});

test("/proc and /sys", async () => {
  const { stdout, stderr } = await vm.exec(
    `uname -a; hostname; cat /proc/cpuinfo /proc/version /proc/meminfo /proc/mounts /proc/self/mountinfo /proc/cmdline /proc/filesystems /proc/uptime /etc/hostname /etc/hosts /etc/resolv.conf 2>&1; df -a; mount; find /proc/1 /proc/self -maxdepth 1 | head -100; readlink /proc/self/exe /proc/self/root /proc/self/cwd; ls -l /proc/1/fd /proc/self/fd`,
  );
  expect(stdout).toContain("Linux");
  expectNothing(stdout + stderr);
});

test("a mount's errors are codes, and its place is no folder of the host's", async () => {
  const { stdout, stderr } = await vm.exec(
    `ls /mnt/bad /mnt/bad/x; cat /mnt/bad/x /mnt/host/none; touch /mnt/host/x; stat /mnt/host; realpath /mnt/host; node -e 'for (const p of ["/mnt/bad", "/mnt/host/none"]) try { require("fs").readdirSync(p) } catch (e) { console.log(e.stack) }'; df /mnt/host; cat /proc/refusals`,
  );
  expect(stdout + stderr).toContain("/mnt/host");
  expect(stderr).toMatch(/Input\/output error|Permission denied/);
  expectNothing(stdout + stderr);
});

test("stacks of programs have frames of theirs and of Node's alone", async () => {
  await vm.fs.writeFile(
    "/tmp/stacks.js",
    `Error.stackTraceLimit = Infinity;
     const say = (error) => console.log(error && error.stack);
     process.on("uncaughtException", say); process.on("unhandledRejection", say);
     for (const f of [() => require("fs").readFileSync("/nope"), () => new (require("vm").Script)("("), () => require("child_process").spawnSync("/nope"), () => require("zlib").inflateSync("x"), () => require("crypto").createHash("nope"), () => JSON.parse("{"), () => new WebAssembly.Module(new Uint8Array(3)), () => structuredClone(() => 1), () => Buffer.alloc(-1), () => process.chdir("/nope"), () => process.dlopen({}, "x"), () => require("/nope")]) try { f(); } catch (error) { say(error); }
     Error.prepareStackTrace = (error, frames) => frames.map((f) => [f.getFileName(), f.getEvalOrigin(), f.getScriptNameOrSourceURL(), String(f.getThis && f.getThis())].join(" ")).join("\\n");
     say(new Error()); setTimeout(() => say(new Error()), 1); Promise.resolve().then(() => say(new Error()));
     require("fs").readFile("/nope", say); require("dns").lookup("nope", say); fetch("http://nope").catch(say);`,
  );
  const { stdout, stderr } = await vm.exec("node /tmp/stacks.js");
  expect(stdout).toContain("ENOENT");
  expect(stdout).toContain("/tmp/stacks.js");
  expectNothing(stdout + stderr);
  expect(stdout + stderr).not.toMatch(/isolated-vm|\.ts:\d/);
});

test("errors of the API's own have no file of the guest's choosing in their code", async () => {
  const error = await vm.fs.readFile("/tmp/\u001b]0;title\u0007none").catch((reason) => reason);
  expect(error).toMatchObject({ code: "ENOENT" });
});
