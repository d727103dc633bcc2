/** A bucket as a file system, against a server that speaks S3's protocol on this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm } from "../../../src/create-vm.ts";
import type { MountSource } from "../../../src/machine/protocol.ts";
import { fileSystemChecks } from "../../../src/mounts/custom/checks.ts";
import { S3Driver } from "../../../src/mounts/s3/driver.ts";
import { parseListing } from "../../../src/mounts/s3/listing.ts";
import { s3 } from "../../../src/options/mounts.ts";
import { installPackages } from "../../packages/install.ts";

const INSTALLING_MS = 10 * 60_000;
const BUCKET = "things";
const credentials = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

let folder: string;
let server: ChildProcess;
let endpoint: string;
let prefixes = 0;

beforeAll(async () => {
  const modules = await installPackages();
  folder = mkdtempSync(join(tmpdir(), "isopod-s3-"));
  const script = `
    const S3rver = require(${JSON.stringify(join(modules, "s3rver"))});
    const options = { port: 0, address: "127.0.0.1", silent: true, directory: ${JSON.stringify(folder)} };
    new S3rver({ ...options, configureBuckets: [{ name: ${JSON.stringify(BUCKET)} }] })
      .run().then(({ port }) => console.log(port));`;
  // Its page tokens are made with a cipher that OpenSSL 3 calls legacy.
  const args = ["--openssl-legacy-provider", "-e", script];
  server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(server.stdout as never, "data")) as [Buffer];
  endpoint = `http://127.0.0.1:${port.toString().trim()}`;
}, INSTALLING_MS);

afterAll(async () => {
  const gone = once(server, "exit");
  server.kill();
  await gone;
  rmSync(folder, { recursive: true, force: true });
});

function source(prefix = `home${prefixes++}`): Extract<MountSource, { type: "s3" }> {
  const mount = s3({ endpoint, bucket: BUCKET, prefix, credentials, readOnly: false });
  return mount as Extract<MountSource, { type: "s3" }>;
}

describe("as every file system", () => {
  for (const { name, run } of fileSystemChecks({
    createVm,
    driver: () => new S3Driver(source()),
  })) {
    test(name, run);
  }
});

test("mounts read-only by default, and shows nothing beside its prefix", async () => {
  const { prefix } = source();
  const driver = new S3Driver(source(prefix));
  await driver.writeFile("/f", new TextEncoder().encode("kept"), 0o600);
  await new S3Driver(source(`${prefix}-other`)).writeFile("/g", new Uint8Array(1), 0o600);
  const mount = s3({ endpoint, bucket: BUCKET, prefix, credentials });
  await using vm = await createVm({ mounts: { "/mnt": mount } });
  expect(await vm.fs.readdir("/mnt")).toEqual(["f"]);
  expect(await vm.fs.readFile("/mnt/f", "utf8")).toBe("kept");
  await expect(vm.fs.writeFile("/mnt/f", "x")).rejects.toMatchObject({ code: "EROFS" });
  await expect(vm.fs.readFile("/mnt/../../f")).rejects.toMatchObject({ code: "ENOENT" });
});

test("credentials that the service does not take are EACCES", async () => {
  const wrong = { ...credentials, accessKeyId: "nobody" };
  const mount = s3({ endpoint, bucket: BUCKET, credentials: wrong });
  await using vm = await createVm({ mounts: { "/mnt": mount } });
  await expect(vm.fs.readFile("/mnt/f")).rejects.toMatchObject({ code: "EACCES" });
  // Nothing of them is in the machine.
  const { stdout } = await vm.exec("cat /proc/mounts; env");
  expect(stdout).not.toContain("S3RVER");
});

test("reads pages of listings, their keys encoded or not", () => {
  const page = (encoding: string, key: string) =>
    `<R>${encoding}<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken>
     <Contents><Key>${key}</Key></Contents><CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes></R>`;
  const next = "a&b";
  const directories = ["d/"];
  expect(parseListing(page("<EncodingType>url</EncodingType>", "a+b%26%2B"))).toEqual({
    files: ["a b&+"],
    directories,
    next,
  });
  expect(parseListing(page("", "a+b&amp;&#x2b;"))).toEqual({ files: ["a+b&+"], directories, next });
});
