/** The command line of `isopod`. */
import { expect, test } from "vitest";
import { parseCommand } from "../../../src/cli/arguments.ts";

const plain = { mounts: {}, env: {}, cwd: undefined, user: undefined };

test.each([
  [["run", "-c", "echo hi"], { argv: ["bash", "-c", "echo hi"], strace: false }],
  [["run", "-c", "echo $0", "name", "-x"], { argv: ["bash", "-c", "echo $0", "name", "-x"] }],
  [["run", "ls", "-c", "--strace"], { argv: ["ls", "-c", "--strace"], strace: false }],
  [["run", "--strace", "ls", "-l"], { argv: ["ls", "-l"], strace: true }],
  [["run", "--", "-odd"], { argv: ["-odd"] }],
  [["run", "-w", "/tmp", "pwd"], { cwd: "/tmp", argv: ["pwd"] }],
  [["run", "-i", "tools:1"], { image: "tools:1", argv: [], isLine: false }],
  [["run", "--image", "./out", "-c", "ls"], { image: "./out", isLine: true }],
  [["run", "-e", "A=1", "--env=B=", "env"], { env: { A: "1", B: "" } }],
  [["run", "-u", "root", "id"], { user: "root" }],
  [["run", "deno", "--allow-net"], { permissions: undefined, argv: ["deno", "--allow-net"] }],
  [
    ["run", "--allow-net", "--deny-net=a.com,b.com:80,443", "ls"],
    {
      permissions: { network: [{ allow: "*" }, { deny: "a.com" }, { deny: "b.com:80,443" }] },
      argv: ["ls"],
    },
  ],
  [
    ["run", "--allow-net=GET,HEAD https://a.com/v1/**,b.com", "--allow-env=LANG,MY_*", "ls"],
    {
      permissions: {
        network: [{ allow: "GET,HEAD https://a.com/v1/**" }, { allow: "b.com" }],
        env: ["LANG", "MY_*"],
      },
    },
  ],
  [
    ["run", "--deny-run=curl", "--read-only=/etc,/usr", "--hide=/home/*/.ssh", "ls"],
    {
      permissions: {
        processes: [{ deny: "curl" }],
        fs: [
          { path: "/etc", access: "read" },
          { path: "/usr", access: "read" },
          { path: "/home/*/.ssh", access: "none" },
        ],
      },
    },
  ],
  [["run", "--mount", "/a:/b", "ls"], { mounts: { "/b": { path: "/a", readOnly: true } } }],
  [["run", "--mount", "/a:/b:rw", "ls"], { mounts: { "/b": { path: "/a", readOnly: false } } }],
])("%j", (args, expected) => {
  expect(parseCommand(args)).toMatchObject({ ...plain, name: "run", ...expected });
});

test("mounts: read-write by default, read-only where it says so", () => {
  expect(parseCommand(["run", "-v", "/a:/b", "-v", "/c:d:/e:ro", "ls"])).toMatchObject({
    mounts: {
      "/b": { path: "/a", readOnly: false },
      "/e": { path: "/c:d", readOnly: true },
    },
  });
});

test("a variable without a value is the host's, or not there", () => {
  process.env["ISOPOD_TEST"] = "from the host";
  try {
    expect(parseCommand(["run", "-e", "ISOPOD_TEST", "-e", "ISOPOD_NONE", "env"])).toMatchObject({
      env: { ISOPOD_TEST: "from the host" },
    });
  } finally {
    delete process.env["ISOPOD_TEST"];
  }
});

test.each([
  [["run"], /usage/],
  [["run", "-v", "/a", "ls"], /-v \/a: expected HOST:GUEST/],
  [["run", "-v", "/a:b", "ls"], /GUEST an absolute path/],
  [["run", "-e", "=1", "ls"], /-e =1: expected NAME=VALUE/],
  [["run", "--bogus", "ls"], /--bogus/],
  [["run", "--mount", "/a", "ls"], /--mount \/a: expected HOST:GUEST or HOST:GUEST:rw/],
  [["run", "--allow-net=10.0.0.1/8", "ls"], /--allow-net=10\.0\.0\.1\/8: it must be a range/],
  [
    ["run", "--allow-net=a.com,localhost", "ls"],
    /--allow-net=localhost: it must be a host outside/,
  ],
  [["shell", "--deny-net=a.com:0"], /--deny-net=a\.com:0: it must be a rule with ports/],
  [["serve", "--allow-env=A=B"], /--allow-env=A=B: it must be a variable's name/],
  [["serve", "--kernel", "thread"], /--kernel thread: expected worker or process/],
  [["image", "push"], /usage: isopod image ls/],
  [["image", "burn", "x"], /usage: isopod image ls/],
  [["build", "a", "b"], /usage: isopod build/],
  [["shell", "extra"], /unexpected argument 'extra'/],
  [["ls", "-l"], /no subcommand ls; did you mean: isopod run ls -l/],
  [["--bogus"], /unknown option --bogus/],
])("refused: %j", (args, message) => {
  expect(() => parseCommand(args)).toThrow(message);
});

test.each([
  [["serve"], { name: "serve", kernel: "worker" }],
  [["serve", "--kernel", "process"], { name: "serve", kernel: "process" }],
])("servers: %j", (args, expected) => {
  expect(parseCommand(args)).toMatchObject(expected);
});

test.each([
  [["build"], { name: "build", file: "isopod.jsonc", tag: undefined }],
  [["build", "-t", "a:1", "-o", "out", "f.json"], { file: "f.json", tag: "a:1", output: "out" }],
  [["image"], { name: "image", action: "ls", names: [] }],
  [["image", "push", "a", "b:1"], { action: "push", names: ["a", "b:1"] }],
])("images: %j", (args, expected) => {
  expect(parseCommand(args)).toMatchObject(expected);
});

test.each([[[]], [["-h"]], [["--help"]], [["help"]], [["run", "--help"]], [["shell", "-h"]]])(
  "help: %j",
  (args) => {
    expect(parseCommand(args)).toMatchObject({ name: "help" });
  },
);
