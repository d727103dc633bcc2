/** df: its table as GNU's writes it, and which file system a path lies in. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { columnsOf, table } from "../../../runtimes/programs/df/columns.ts";
import { parseOptions } from "../../../runtimes/programs/df/options.ts";
import { createVm, memory, type Vm } from "../../../src/index.ts";

/** A disk whose numbers a host's df (GNU coreutils 9.1) was asked about. */
const DISK = {
  source: "/dev/vda",
  type: "ext4",
  target: "/",
  device: "254:0",
  file: "/",
  use: {
    type: 0xef53,
    bsize: 4096,
    blocks: 66_053_021,
    bfree: 55_291_531,
    bavail: 15_836_238,
    files: 16_777_216,
    ffree: 15_833_498,
    namelen: 255,
    flags: 0,
  },
};

describe("the table", () => {
  test.each([
    [
      "",
      "Filesystem     1K-blocks     Used Available Use% Mounted on",
      "/dev/vda       264212084 43045960  63344952  41% /",
    ],
    [
      "-h",
      "Filesystem      Size  Used Avail Use% Mounted on",
      "/dev/vda        252G   42G   61G  41% /",
    ],
    [
      "-H",
      "Filesystem      Size  Used Avail Use% Mounted on",
      "/dev/vda        271G   45G   65G  41% /",
    ],
    [
      "-P",
      "Filesystem     1024-blocks     Used Available Capacity Mounted on",
      "/dev/vda         264212084 43045960  63344952      41% /",
    ],
    [
      "-i",
      "Filesystem       Inodes  IUsed    IFree IUse% Mounted on",
      "/dev/vda       16777216 943718 15833498    6% /",
    ],
    ["--output=source,avail,pcent -BG", "Filesystem     Avail Use%", "/dev/vda         61G  41%"],
    [
      "-T --block-size=512",
      "Filesystem     Type 512B-blocks     Used Available Use% Mounted on",
      "/dev/vda       ext4   528424168 86091920 126689904  41% /",
    ],
  ])("df %s", (line, ...rows) => {
    const columns = columnsOf(parseOptions(line.split(" ").filter(Boolean)));
    expect(table(columns, [DISK])).toBe(rows.map((row) => `${row}\n`).join(""));
  });
});

describe("in a machine", () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await createVm({
      kernel: "in-thread",
      mounts: { "/data": memory(), "/data/with space": memory() },
    });
    await vm.exec("mkdir -p /data/sub /tmp/here && ln -s /data/sub /tmp/here/link");
  });
  afterAll(() => vm.dispose());

  test.each([
    ["cd /; df .", ["/"]],
    ["cd /tmp; df . here", ["/", "/"]],
    ["cd /data; df .", ["/data"]],
    ["cd /data/sub; df . .. ../..", ["/data", "/data", "/"]],
    ["cd /tmp/here; df link link/..", ["/data", "/data"]],
    ["cd '/data/with space'; df .", ["/data/with space"]],
    ["df /dev/null /proc/self", ["/dev", "/proc"]],
    ["df /database /data/sub", ["/data"]],
  ])("%s", async (line, mounted) => {
    const { stdout } = await vm.exec(`${line} 2>&1 | grep -v '^df:'`);
    const [, ...rows] = stdout.trimEnd().split("\n");
    expect(rows.map((row) => /% (.*)$|- (.*)$/.exec(row)?.slice(1).join(""))).toEqual(mounted);
  });

  test("all of them, once each, and without those that hold nothing", async () => {
    const { stdout } = await vm.exec("df --output=target");
    expect(stdout.trimEnd().split("\n").slice(1)).toEqual(
      expect.arrayContaining(["/", "/dev", "/data", "/data/with space"]),
    );
    expect(stdout).not.toContain("/proc");
    expect((await vm.exec("df -a --output=target")).stdout).toContain("/proc\n");
    expect((await vm.exec("df -t tmpfs --total --output=source | sort -u")).stdout).toBe(
      "Filesystem\ntmpfs\ntotal\n",
    );
  });

  test.each([
    ["df /none", "df: /none: No such file or directory\n", 1],
    ["df -z", "df: invalid option -- 'z'\nTry 'df --help' for more information.\n", 1],
    ["df -B x", "df: invalid --block-size argument 'x'\n", 1],
    ["df -t none", "df: no file systems processed\n", 1],
  ])("%s", async (line, stderr, exitCode) => {
    expect(await vm.exec(line, { reject: false })).toMatchObject({ stdout: "", stderr, exitCode });
  });
});
