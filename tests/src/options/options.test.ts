/** Wrong options are answered with the value, what was expected, and what to do. */
import { expect, test } from "vitest";
import {
  normalizeExec,
  normalizeSpawn,
  normalizeTerminal,
} from "../../../src/options/command-options.ts";
import { hostDirectory } from "../../../src/options/host-directory.ts";
import { memory } from "../../../src/options/mounts.ts";
import { normalizeVmOptions } from "../../../src/options/vm-options.ts";

const vm = (options: unknown) => () => normalizeVmOptions(options as never);
const exec =
  (command: unknown, options: unknown = {}) =>
  () =>
    normalizeExec(command, options as never);
const spawn =
  (argv: unknown, options: unknown = {}) =>
  () =>
    normalizeSpawn(argv, options as never);
const terminal = (options: unknown) => () => normalizeTerminal(options as never);

test.each([
  [vm(5), "createVm: options must be an object, but it is 5."],
  [vm({ hostName: "x" }), "createVm: there is no option hostName. Did you mean hostname?"],
  [vm({ colour: 1 }), /there is no option colour\. It can be one of: image, hostname, user/],
  [vm({ hostname: "" }), "createVm: hostname must be a non-empty string, but it is ''."],
  [vm({ hostname: "h".repeat(65) }), /hostname must be at most 64 characters long/],
  [
    vm({ env: { A: 1 } }),
    "createVm: env.A must be a string without NUL characters, but it is 1. Turn it into text first.",
  ],
  [vm({ env: ["A=1"] }), /env must be an object of strings.*Write it as \{ NAME: "value" \}/],
  [vm({ env: { "A=B": "" } }), /whose names hold no "=", unlike A=B/],
  [
    vm({ cwd: "work" }),
    "createVm: cwd must be an absolute path, but it is 'work'. Begin it with a slash.",
  ],
  [
    vm({ limits: { processes: 0 } }),
    "createVm: limits.processes must be a whole number of at least 1, but it is 0.",
  ],
  [
    vm({ limits: { discs: 1 } }),
    /createVm: limits: there is no option discs\. It can be one of: processes, threads, .*, disk, inodes, memory, /,
  ],
  [
    vm({ kernel: "thread" }),
    'createVm: kernel must be one of "worker", "process", "in-thread", but it is \'thread\'.',
  ],
  [vm({ mounts: { work: memory() } }), /a mount's path must be an absolute path, but it is 'work'/],
  [
    vm({ mounts: { "/work": "/host" } }),
    /the mount at \/work must be a mount.*hostDirectory\(path\)/,
  ],
  [() => hostDirectory(""), "hostDirectory: path must be a non-empty string, but it is ''."],
  [exec(["ls"]), /the command must be a string, but it is \[ 'ls' \]\. Use spawn for an array\./],
  [exec("a\0b"), /without NUL characters/],
  [
    exec("ls", { timeout: -1 }),
    "exec: timeout must be between 0 and 2147483647 milliseconds, but it is -1. 0 means no limit.",
  ],
  [exec("ls", { timeout: Number.NaN }), /but it is NaN/],
  [
    exec("ls", { maxBuffer: 1.5 }),
    /maxBuffer must be a whole number of at least 0, but it is 1\.5\. It counts bytes\./,
  ],
  [exec("ls", { encoding: "utf16" }), /encoding must be one of "utf8"/],
  [exec("ls", { signal: {} }), /signal must be an AbortSignal, but it is \{\}\. Pass the `signal`/],
  [
    exec("ls", { stdin: 5 }),
    /stdin must be a string, a Uint8Array, a stream or an iterable of those, but it is 5/,
  ],
  [exec("ls", { reject: "no" }), /reject must be true or false/],
  [
    spawn("ls -l"),
    /argv must be an array of strings, but it is 'ls -l'\. Write it as \["ls", "-l"\]/,
  ],
  [spawn([]), /argv must be an array of strings, but it is \[\]/],
  [spawn([""]), /an array that begins with a program's name/],
  [spawn(["ls", 1]), /argv must be an array of strings without NUL/],
  [
    spawn(["ls"], { stdin: "inherit" }),
    /stdin must be one of "pipe", "ignore", but it is 'inherit'/,
  ],
  [
    terminal({ cols: 0 }),
    "openTerminal: cols must be a whole number of at least 1 and at most 65535, but it is 0.",
  ],
])("%#", async (work, message) => {
  let error: unknown;
  try {
    await work();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: "ERR_INVALID_OPTION" });
  if (typeof message === "string") expect((error as Error).message).toBe(message);
  else expect((error as Error).message).toMatch(message);
});

test("defaults", async () => {
  expect(await normalizeVmOptions()).toEqual({
    kernel: "worker",
    machine: {
      image: undefined,
      hostname: undefined,
      user: undefined,
      env: {},
      cwd: undefined,
      mounts: [],
      limits: {},
      state: {},
    },
  });
  expect(normalizeExec("ls", {}).request).toMatchObject({
    argv: ["/bin/bash", "-c", "ls"],
    argv0: "bash",
    timeout: 0,
    maxBuffer: 64 << 20,
  });
});

test("outer mounts come before inner ones, and host directories are read-only unless asked", async () => {
  const { machine } = await normalizeVmOptions({
    mounts: { "/a/b": memory(), "/a": hostDirectory("/tmp") },
  });
  expect(machine.mounts).toEqual([
    { target: "/a", source: { type: "host-directory", path: "/tmp", readOnly: true } },
    { target: "/a/b", source: { type: "memory", readOnly: false } },
  ]);
});
