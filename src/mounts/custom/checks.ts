/**
 * What every file system that somebody writes should keep to, as checks for any test runner: each mounts
 * a fresh driver in a fresh machine and uses it as programs do. What a driver lacks is not checked.
 */
import type { Mount } from "../../options/mounts.ts";
import { customFileSystem } from "../../options/mounts.ts";
import type { Vm } from "../../vm.ts";
import type { FileSystemDriver } from "./driver.ts";

export interface FileSystemCheck {
  readonly name: string;
  /** Rejects with an Error that says what was expected. */
  run(): Promise<void>;
}

export interface CheckedDriver {
  /** The host's createVm. */
  readonly createVm: (options: { mounts: Record<string, Mount> }) => Promise<Vm>;
  /** An empty file system of its own for each check. */
  readonly driver: () => FileSystemDriver | Promise<FileSystemDriver>;
}

export function fileSystemChecks({ createVm, driver: make }: CheckedDriver): FileSystemCheck[] {
  return CHECKS.map(({ name, needs, check }) => ({
    name,
    async run() {
      const driver = await make();
      if (needs.some((operation) => !driver[operation])) return;
      // Nothing is remembered, so that the driver is asked each time.
      const mount = customFileSystem(driver, { cacheMs: 0 });
      await using vm = await createVm({ mounts: { "/mnt": mount } });
      await check(new Shell(vm), driver);
    },
  }));
}

class Shell {
  readonly vm: Vm;

  constructor(vm: Vm) {
    this.vm = vm;
  }

  /** The line's standard output; it must succeed. */
  async says(line: string, expected: string): Promise<void> {
    const { stdout, stderr, exitCode } = await this.vm.exec(line, { cwd: "/mnt" });
    if (exitCode !== 0) throw new Error(`\`${line}\` ended with ${exitCode}: ${stderr.trim()}`);
    same(`\`${line}\``, stdout, expected);
  }

  /** The operation must fail with `code`. */
  async refuses(code: string, work: () => Promise<unknown>): Promise<void> {
    const outcome = await work().then(
      () => "success",
      (reason: { code?: string }) => reason.code ?? String(reason),
    );
    same("the operation's outcome", outcome, code);
  }
}

interface Check {
  readonly name: string;
  readonly needs: readonly (keyof FileSystemDriver)[];
  readonly check: (shell: Shell, driver: FileSystemDriver) => Promise<void>;
}

const PATTERN_SIZE = 600_001;

const CHECKS: readonly Check[] = [
  {
    name: "an empty directory lists nothing, and what is not there is ENOENT",
    needs: [],
    async check(shell) {
      same("the listing", await shell.vm.fs.readdir("/mnt"), []);
      await shell.refuses("ENOENT", () => shell.vm.fs.stat("/mnt/nothing"));
      await shell.refuses("ENOENT", () => shell.vm.fs.readFile("/mnt/no/thing"));
    },
  },
  {
    name: "what is written is read again, by the driver's own word too",
    needs: ["create"],
    async check(shell, driver) {
      await shell.says("echo one > f; echo two >> f; cat f; wc -c < f", "one\ntwo\n8\n");
      await shell.vm.exec("sync");
      const info = await driver.stat("/f");
      same("stat", [info?.type, info?.size], ["file", 8]);
      same("read", text(await driver.read("/f", 0, 100)), "one\ntwo\n");
    },
  },
  {
    name: "reads give the bytes asked for, and fewer only at the end",
    needs: ["create"],
    async check({ vm }, driver) {
      const bytes = pattern(PATTERN_SIZE);
      await vm.fs.writeFile("/mnt/f", bytes);
      await vm.exec("sync");
      for (const [at, length] of [
        [0, 1],
        [1, 65_536],
        [262_143, 2],
        [PATTERN_SIZE - 3, 3],
        [PATTERN_SIZE - 3, 100],
        [PATTERN_SIZE, 10],
        [PATTERN_SIZE + 10, 10],
      ] as const) {
        const read = await driver.read("/f", at, length);
        const wanted = bytes.subarray(at, at + length);
        same(`the length at ${at}`, read.length, wanted.length);
        same(`the bytes at ${at}`, text(read), text(wanted));
      }
      const whole = (await vm.fs.readFile("/mnt/f")) as Uint8Array;
      same("the whole file", text(whole), text(bytes));
    },
  },
  {
    name: "bytes may be written anywhere; a gap is zeros",
    needs: ["create"],
    async check(shell) {
      await shell.says(
        "printf abcdef > f; printf XY | dd of=f bs=1 seek=2 conv=notrunc status=none; cat f",
        "abXYef",
      );
      await shell.says(
        "printf z | dd of=f bs=1 seek=10 conv=notrunc status=none; od -An -tx1 f | tr -d ' \\n'",
        "6162585965660000000078".replace("78", "7a"),
      );
    },
  },
  {
    name: "files are cut and filled up",
    needs: ["create"],
    async check(shell) {
      await shell.says("printf 123456 > f; truncate -s 3 f; cat f", "123");
      await shell.says("truncate -s 5 f; od -An -tx1 f | tr -d ' \\n'", "3132330000");
      await shell.says("printf new > f; cat f", "new");
      await shell.says(": > f; wc -c < f", "0\n");
    },
  },
  {
    name: "directories nest, and hold what was made in them",
    needs: ["create"],
    async check(shell) {
      await shell.says(
        "mkdir -p a/b/c; touch a/b/f a/g; ls -p a a/b",
        "a:\nb/\ng\n\na/b:\nc/\nf\n",
      );
      await shell.refuses("EEXIST", () => shell.vm.fs.mkdir("/mnt/a"));
      await shell.refuses("ENOTDIR", () => shell.vm.fs.readFile("/mnt/a/g/x"));
      await shell.refuses("EISDIR", () => shell.vm.fs.writeFile("/mnt/a", "x"));
    },
  },
  {
    name: "a listing tells types, and three hundred entries each once",
    needs: ["create"],
    async check({ vm }) {
      await vm.exec("mkdir many; cd many; touch $(seq 1 300)", { cwd: "/mnt" });
      const names = await vm.fs.readdir("/mnt/many");
      same("the number of names", [names.length, new Set(names).size], [300, 300]);
      const [entry] = await vm.fs.readdir("/mnt", { withFileTypes: true });
      same("the type of a directory", entry?.isDirectory(), true);
    },
  },
  {
    name: "names are kept as they are",
    needs: ["create"],
    async check({ vm }, driver) {
      const names = [
        "a b",
        "ä",
        "日本",
        "%41",
        "a+b",
        "-n",
        ".hidden",
        "x'y\"z",
        "a&b=c?d#e",
        "n".repeat(200),
      ];
      for (const name of names) await vm.fs.writeFile(`/mnt/${name}`, name);
      await vm.exec("sync");
      same("the listing", (await vm.fs.readdir("/mnt")).sort(), [...names].sort());
      same(
        "by the driver",
        (await driver.readdir("/")).map(({ name }) => name).sort(),
        [...names].sort(),
      );
      for (const name of names) same(name, await vm.fs.readFile(`/mnt/${name}`, "utf8"), name);
    },
  },
  {
    name: "files are removed, directories when they are empty",
    needs: ["create", "remove"],
    async check(shell) {
      await shell.says("mkdir d; touch d/f; rm d/f; rmdir d; ls", "");
      await shell.vm.exec("mkdir -p e/f", { cwd: "/mnt" });
      await shell.refuses("ENOTEMPTY", () => shell.vm.fs.rmdir("/mnt/e"));
      await shell.refuses("ENOENT", () => shell.vm.fs.unlink("/mnt/nothing"));
      await shell.says("rm -r e; ls", "");
    },
  },
  {
    name: "files are renamed, over others too",
    needs: ["create", "remove"],
    async check(shell) {
      await shell.says(
        "echo 1 > a; echo 2 > b; mkdir d; mv a d/c; mv b d/c; ls; cat d/c",
        "d\n2\n",
      );
      await shell.refuses("ENOENT", () => shell.vm.fs.rename("/mnt/a", "/mnt/x"));
    },
  },
  {
    name: "directories are moved with all that is in them",
    needs: ["create", "remove"],
    async check(shell) {
      await shell.says("mkdir -p a/b; echo x > a/b/f; mv a c; cat c/b/f; ls", "x\nc\n");
    },
  },
  {
    name: "symbolic links lead where they say",
    needs: ["create", "readlink"],
    async check(shell) {
      await shell.vm.fs.writeFile("/mnt/f", "text");
      const refused = await shell.vm.fs.symlink("f", "/mnt/l").then(
        () => false,
        (reason: { code?: string }) => reason.code === "EPERM",
      );
      if (refused) return;
      await shell.says(
        "cat l; readlink l; ln -s nowhere m; test -e m || echo dangling",
        "textf\ndangling\n",
      );
    },
  },
  {
    name: "permission bits and times are kept",
    needs: ["create", "setAttributes"],
    async check(shell) {
      await shell.says("touch f; chmod 640 f; stat -c %a f", "640\n");
      await shell.says("touch -d @1000000000 f; stat -c %Y f", "1000000000\n");
    },
  },
  {
    name: "who writes while another reads is seen",
    needs: ["create"],
    async check(shell) {
      await shell.says("exec 3> f; echo 1 >&3; cat f; echo 2 >&3; cat f", "1\n1\n2\n");
    },
  },
  {
    name: "a tree is copied, packed and compared",
    needs: ["create"],
    async check(shell) {
      const line =
        "mkdir -p /tmp/t/a/b && seq 100 > /tmp/t/a/f && seq 9999 > /tmp/t/a/b/g && " +
        "cp -r /tmp/t e && diff -r /tmp/t e && tar cf /tmp/e.tar e && tar tf /tmp/e.tar | grep -c /";
      await shell.says(line, "5\n");
    },
  },
  {
    name: "many files are written at once",
    needs: ["create"],
    async check(shell) {
      await shell.says(
        "for i in $(seq 20); do (seq $i 500 > f$i) & done; wait; for i in $(seq 20); do tail -1 f$i; done | sort -u",
        "500\n",
      );
    },
  },
];

function same(what: string, found: unknown, expected: unknown): void {
  const [is, wanted] = [found, expected].map((value) => JSON.stringify(value));
  if (is === wanted) return;
  throw new Error(`${what} is ${is?.slice(0, 500)}, expected ${wanted?.slice(0, 500)}`);
}

/** Bytes that tell where they are. */
function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff;
  return bytes;
}

/** One character for each byte. */
function text(bytes: Uint8Array): string {
  let result = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    result += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return result;
}
