/** `isopod build`, `isopod image` and `isopod run --image`. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ISOPOD = resolve(import.meta.dirname, "../../bin/isopod");
const DIGEST = /^sha256:[0-9a-f]{64}\n$/;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isopod-cli-images-"));
  mkdirSync(join(folder, "files"));
  writeFileSync(join(folder, "files/notes"), "from the folder\n");
  writeFileSync(
    join(folder, "isopod.jsonc"),
    JSON.stringify({
      tag: "tools:1",
      layers: [
        { folder: "files", to: "/srv" },
        { files: { "/usr/bin/report": { text: "#!/bin/bash\necho $KIND: $*\n", mode: "0755" } } },
      ],
      entrypoint: ["report"],
      cmd: ["nothing"],
      env: { KIND: "report" },
      cwd: "/srv",
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function isopod(...args: string[]): Promise<Ended> {
  const env = { ...process.env, ISOPOD_HOME: join(folder, "home") };
  return new Promise((settle) => {
    execFile(process.execPath, [ISOPOD, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
      settle({ status: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("build prints the digest, and again the same; the image is listed and described", async () => {
  const first = await isopod("build");
  expect(first).toMatchObject({ status: 0, stdout: expect.stringMatching(DIGEST) });
  expect(first.stderr).toMatch(/tools:1 in .*images: 3\d\.\d MB, \d+ B of it its own/);
  expect((await isopod("build", "isopod.jsonc")).stdout).toBe(first.stdout);
  const listed = await isopod("image", "ls");
  expect(listed.stdout.split("\n")[1]).toMatch(
    /^tools:1 +sha256:[0-9a-f]{12} +3\d\.\d MB +1985-10-26$/,
  );
  const { digest, config, layers } = JSON.parse(
    (await isopod("image", "inspect", "tools:1")).stdout,
  );
  expect(`${digest}\n`).toBe(first.stdout);
  expect(config).toMatchObject({ entrypoint: ["report"], env: { KIND: "report" }, cwd: "/srv" });
  expect(layers.at(-2)).toMatchObject({ title: "folder to /srv" });
});

test("its program runs, with its own words or the command line's; so does a line", async () => {
  const run = async (...args: string[]) =>
    (await isopod("run", "--image", "tools:1", ...args)).stdout;
  expect(await run()).toBe("report: nothing\n");
  expect(await run("a", "b")).toBe("report: a b\n");
  expect(await run("-c", "cat notes; echo $KIND $1", "line", "x")).toBe(
    "from the folder\nreport x\n",
  );
});

test("an OCI layout in a folder", async () => {
  expect(await isopod("build", "-o", "out", "-t", "x:2")).toMatchObject({ status: 0 });
  expect((await isopod("run", "-i", "./out", "-c", "cat /srv/notes")).stdout).toBe(
    "from the folder\n",
  );
});

test("removed is removed", async () => {
  expect(await isopod("build", "-t", "gone:1")).toMatchObject({ status: 0 });
  expect(await isopod("image", "rm", "gone:1")).toMatchObject({
    status: 0,
    stderr: "removed gone:1, 0 B freed\n",
  });
  expect(await isopod("image", "rm", "gone:1")).toMatchObject({ status: 125 });
  expect((await isopod("image", "ls")).stdout).not.toContain("gone");
});

test.each([
  [["build", "missing.jsonc"], /isopod: missing\.jsonc: ENOENT/],
  [["image", "inspect", "nowhere.example.com/x"], /there is no image nowhere\.example\.com\/x/],
  [["image", "inspect", "No Name"], /is no image's name/],
  [["image", "rm", "base"], /base is not among the images kept here/],
  [
    ["image", "pull", "127.0.0.1:9/x"],
    /127\.0\.0\.1:9\/v2\/x\/manifests\/latest: .*(ECONNREFUSED|bad port)/,
  ],
  [
    ["run", "--image", "base", "--host", "http://127.0.0.1:9", "ls"],
    /--image cannot go with --host/,
  ],
])("refused: %j", async (args, message) => {
  const { status, stderr } = await isopod(...args);
  expect(status).toBeGreaterThan(0);
  expect(stderr).toMatch(message);
});

test("a mistake in an image file has its line", async () => {
  writeFileSync(
    join(folder, "wrong.jsonc"),
    '{\n  "layers": [\n    { "npm": "left-pad" }\n  ]\n}\n',
  );
  expect(await isopod("build", "wrong.jsonc")).toMatchObject({
    status: 125,
    stderr: expect.stringMatching(
      /wrong\.jsonc:3:14: layers\[0\]\.npm must be a package and its exact version/,
    ),
  });
});
