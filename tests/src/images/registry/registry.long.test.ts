/** Images to and from a real registry, over a network that fails and by gatekeepers that ask. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { blobPath } from "../../../../src/images/node/folder-blobs.ts";
import { Layout } from "../../../../src/images/node/layout.ts";
import { openFolderImage } from "../../../../src/images/node/open-folder.ts";
import type { Located } from "../../../../src/images/node/open-reference.ts";
import { MediaType, parseManifest } from "../../../../src/images/oci/manifest.ts";
import { Registry } from "../../../../src/images/registry/client.ts";
import { dockerCredentials } from "../../../../src/images/registry/credentials.ts";
import { pullImage } from "../../../../src/images/registry/pull.ts";
import { pushImage } from "../../../../src/images/registry/push.ts";
import { parseReference } from "../../../../src/images/registry/reference.ts";
import { entryLines, file, folder, noise, readAll, sampleImage } from "../sample-image.ts";
import { DockerRegistry, isInstalled, PROGRAM, USER, WHY_SKIPPED } from "./docker-registry.ts";
import { CuttingProxy } from "./proxy.ts";

const patience = { attempts: 4, pause: 1, stall: 20_000 };
const big = noise(20 << 20);
const installed = isInstalled(PROGRAM);

const at = (path: string) => JSON.stringify(new URL(`../../../../${path}`, import.meta.url).href);

/** A process of its own, to be killed. */
function pullInProcess(name: string, folder: string): ChildProcess {
  const script = `
    import { Layout } from ${at("src/images/node/layout.ts")};
    import { pullImage } from ${at("src/images/registry/pull.ts")};
    await pullImage(${JSON.stringify(name)}, new Layout(${JSON.stringify(folder)}));
  `;
  return spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "ignore" });
}

describe.skipIf(!installed)(
  installed ? "a registry" : `a registry (skipped: ${WHY_SKIPPED})`,
  () => {
    let scratch: string;
    let local: Located;
    let registry: DockerRegistry;
    beforeAll(async () => {
      scratch = await mkdtemp(join(tmpdir(), "isopod-registry-test-"));
      local = await sampleImage(join(scratch, "local"), [
        [folder("/etc"), file("/etc/motd", "hello\n")],
        [file("/usr/bin/big", big, 0o755)],
      ]);
      registry = await DockerRegistry.start();
    });
    afterAll(async () => {
      await registry?.[Symbol.asyncDispose]();
      await rm(scratch, { recursive: true, force: true });
    });

    let proxy: CuttingProxy;
    let name: string;
    let target: Layout;
    let count = 0;
    beforeEach(async () => {
      proxy = await CuttingProxy.before(registry.host);
      name = `${proxy.host}/team/sample-${++count}:1.0`;
      target = new Layout(join(scratch, `target-${count}`));
    });
    afterEach(() => proxy[Symbol.asyncDispose]());

    const options = { patience, findCredentials: async () => undefined };
    const push = () => pushImage(local, name, options);
    const pull = () => pullImage(name, target, options);

    test("what is pushed comes back under the same digest, and is sent once", async () => {
      expect(await push()).toBe(local.image.digest);
      expect(proxy.count("PATCH", /uploads/)).toBeGreaterThan(3);
      proxy.seen.length = 0;
      expect(await push()).toBe(local.image.digest);
      expect(proxy.count("PATCH", /uploads/)).toBe(0);
      const pulled = await pull();
      expect(pulled.digest).toBe(local.image.digest);
      await target.tag(pulled, name);
      const image = await openFolderImage(target.folder);
      expect((await readAll(image, "/usr/bin/big")).equals(big)).toBe(true);
      image.close();
      proxy.seen.length = 0;
      await pull();
      expect(proxy.count("GET", /blobs/)).toBe(0);
    });

    test("an image runs from the registry itself, file by file", async () => {
      await push();
      const client = new Registry(parseReference(name), "pull", options);
      const { bytes } = await client.manifest("1.0");
      const layer = parseManifest("manifest", bytes).layers[1];
      const part = await client.blobs().read(layer?.digest ?? "", 100, 50);
      expect(part.length).toBe(50);
    });

    test("connections cut in the middle of an upload: it goes on where it broke", async () => {
      let cuts = 0;
      proxy.before = ({ method }, request) => {
        if (method !== "PATCH" || cuts >= 3) return false;
        cuts++;
        request.once("data", () => request.destroy());
        return true;
      };
      expect(await push()).toBe(local.image.digest);
      expect(cuts).toBe(3);
      proxy.before = undefined;
      expect((await pull()).digest).toBe(local.image.digest);
    });

    test("an answer that is lost: what has arrived is not sent again", async () => {
      let cuts = 0;
      proxy.answer = ({ method }, body) => ({ body, cut: method === "PATCH" && cuts++ < 2 });
      expect(await push()).toBe(local.image.digest);
      // The big layer in three pieces, the two small blobs in one each.
      expect(proxy.count("PATCH", /./)).toBe(5);
      proxy.answer = undefined;
      expect((await pull()).digest).toBe(local.image.digest);
    });

    test("connections cut in the middle of a download: it goes on where it broke", async () => {
      await push();
      proxy.seen.length = 0;
      let cuts = 0;
      proxy.answer = ({ path }, body) => {
        if (!path.includes("/blobs/") || body.length < 1_000_000 || cuts >= 5) return { body };
        cuts++;
        return { body: body.subarray(0, 700_000), cut: true };
      };
      expect((await pull()).digest).toBe(local.image.digest);
      expect(cuts).toBe(5);
    });

    test("a network that stays away leaves what came, and the next pull needs only the rest", async () => {
      await push();
      let served = 0;
      proxy.answer = ({ path }, body) => {
        if (path.includes("/blobs/")) served += body.length;
        return served > 10 << 20 ? { body: body.subarray(0, 0), cut: true } : { body };
      };
      await expect(pull()).rejects.toThrow(/blobs\/sha256/);
      expect(target.images()).toEqual([]);
      proxy.answer = undefined;
      proxy.seen.length = 0;
      expect((await pull()).digest).toBe(local.image.digest);
      const first = proxy.seen.find(({ path, range }) => /blobs/.test(path) && range !== undefined);
      expect(first?.range).not.toMatch(/^bytes=0-/);
      const left = await readdir(join(target.folder, "blobs/sha256"));
      expect(left.filter((entry) => entry.startsWith("."))).toEqual([]);
    });

    test("a pull that is killed leaves what came, and the next one needs only the rest", async () => {
      await push();
      const child = pullInProcess(name, target.folder);
      const ended = new Promise((resolve) => child.once("exit", resolve));
      let pieces = 0;
      proxy.before = ({ path, range }, request) => {
        if (!path.includes("/blobs/") || range === undefined || ++pieces < 4) return false;
        // Its last request is not answered.
        child.kill("SIGKILL");
        request.destroy();
        return true;
      };
      await ended;
      expect(target.images()).toEqual([]);
      proxy.before = undefined;
      proxy.seen.length = 0;
      expect((await pull()).digest).toBe(local.image.digest);
      const first = proxy.seen.find(({ path, range }) => /blobs/.test(path) && range !== undefined);
      expect(first?.range).not.toMatch(/^bytes=0-/);
      const left = await readdir(join(target.folder, "blobs/sha256"));
      expect(left.filter((entry) => entry.startsWith("."))).toEqual([]);
    });

    test("a wrong byte is found, and the next pull begins afresh", async () => {
      await push();
      proxy.answer = ({ path }, body) => {
        if (path.includes("/blobs/") && body.length > 1_000_000) body.fill(0, 5000, 5010);
        return { body };
      };
      await expect(pull()).rejects.toThrow(/the bytes have digest sha256:\w+, expected sha256/);
      proxy.answer = undefined;
      expect((await pull()).digest).toBe(local.image.digest);
    });

    test("a manifest that is not what was asked for is refused", async () => {
      await push();
      proxy.answer = ({ path }, body) => {
        if (path.includes("/manifests/")) body.write(" ", body.length - 1);
        return { body };
      };
      await expect(pull()).rejects.toMatchObject({ code: "ERR_IMAGE" });
      await expect(
        pullImage(`${name.split(":1.0")[0]}@${local.image.digest}`, target, options),
      ).rejects.toThrow(/expected sha256/);
    });

    test("damage of the local disk does not travel", async () => {
      const damaged = await sampleImage(join(scratch, `damaged-${count}`), [
        [file("/a", noise(9000))],
      ]);
      const manifest = parseManifest("m", await damaged.layout.readBlob(damaged.image.digest));
      const path = blobPath(damaged.layout.folder, manifest.layers[0]?.digest ?? "");
      const bytes = await readFile(path);
      bytes.fill(0, 4000, 4010);
      await writeFile(path, bytes);
      await expect(pushImage(damaged, name, options)).rejects.toThrow(/expected sha256/);
      expect(proxy.count("PATCH", /./)).toBe(0);
    });

    test("what is not there is named", async () => {
      await expect(pull()).rejects.toMatchObject({
        code: "ERR_NO_IMAGE",
        message: `${proxy.host} has no image team/sample-${count}:1.0`,
      });
    });

    test("of an index, the image for this machine is taken", async () => {
      await push();
      const other = await sampleImage(join(scratch, `other-${count}`), [[file("/other", "x")]]);
      await pushImage(other, name.replace(":1.0", ":other"), options);
      const client = new Registry(parseReference(name), "pull,push", options);
      const listed = (located: Located, architecture: string) => ({
        ...located.image,
        annotations: {},
        platform: { architecture, os: "linux" },
      });
      const manifests = [listed(other, "amd64"), listed(local, "wasm")];
      const index = { schemaVersion: 2, mediaType: MediaType.index, manifests };
      await client.putManifest("many", MediaType.index, Buffer.from(JSON.stringify(index)));
      const pulled = await pullImage(name.replace(":1.0", ":many"), target, options);
      expect(pulled.digest).toBe(local.image.digest);
    });

    test("layers that other tools wrote are packed again, and the image says which it was", async () => {
      const source = join(scratch, "plain");
      await mkdir(join(source, "files/etc"), { recursive: true });
      await writeFile(join(source, "files/etc/motd"), "plain\n");
      await writeFile(join(source, "files/etc/.wh.gone"), "");
      await link(join(source, "files/etc/motd"), join(source, "files/etc/same"));
      await symlink("motd", join(source, "files/etc/issue"));
      execFileSync("tar", ["czf", join(source, "layer.tar.gz"), "-C", join(source, "files"), "."]);
      const bytes = await readFile(join(source, "layer.tar.gz"));
      const { layout, image } = await sampleImage(join(source, "image"), [
        [file("/etc/gone", "x")],
      ]);
      const first = parseManifest("m", await layout.readBlob(image.digest));
      const layer = await layout.addBytes(MediaType.layer, bytes);
      const config = await layout.addBytes(
        MediaType.config,
        Buffer.from(
          JSON.stringify({
            ...JSON.parse((await layout.readBlob(first.config.digest)).toString()),
            rootfs: { type: "layers", diff_ids: [image.digest, image.digest] },
          }),
        ),
      );
      const plain = await layout.addBytes(
        MediaType.manifest,
        Buffer.from(JSON.stringify({ ...first, config, layers: [...first.layers, layer] })),
      );
      await pushImage({ layout, image: plain }, name, options);
      const pulled = await pull();
      await target.tag(pulled, name);
      const manifest = parseManifest("m", await target.readBlob(pulled.digest));
      expect(manifest.annotations?.["dev.isopod.repacked-from"]).toBe(plain.digest);
      const opened = await openFolderImage(target.folder);
      expect(entryLines(opened)).toEqual([
        "directory /",
        "directory /etc",
        "symlink /etc/issue",
        "file /etc/motd",
        "file /etc/same",
      ]);
      expect((await readAll(opened, "/etc/same")).toString()).toBe("plain\n");
      opened.close();
      expect(await readdir(join(target.folder, "blobs/sha256"))).toHaveLength(4);
      expect((await pull()).digest).toBe(pulled.digest);
    });

    test("a token service is asked, with the user's password, again when the token is over", async () => {
      const asked: Request[] = [];
      let valid = 0;
      interface Request {
        readonly query: URLSearchParams;
        readonly authorization: string | undefined;
      }
      proxy.before = ({ path, authorization }, _, response) => {
        const url = new URL(path, "http://x");
        if (url.pathname === "/token") {
          asked.push({ query: url.searchParams, authorization });
          valid = asked.length;
          response.end(JSON.stringify({ token: `token-${valid}` }));
          return true;
        }
        if (authorization === `Bearer token-${valid}` && valid > 0) return false;
        const realm = `http://${proxy.host}/token`;
        response.setHeader("www-authenticate", `Bearer realm="${realm}",service="reg, istry"`);
        response.writeHead(401).end("{}");
        return true;
      };
      const known = { patience, findCredentials: async () => USER };
      expect(await pushImage(local, name, known)).toBe(local.image.digest);
      expect(asked.length).toBe(1);
      expect(asked[0]?.query.get("scope")).toBe(`repository:team/sample-${count}:pull,push`);
      expect(asked[0]?.query.get("service")).toBe("reg, istry");
      expect(asked[0]?.authorization).toBe(`Basic ${btoa("agent:secret")}`);
      let requests = 0;
      const before = proxy.before;
      proxy.before = (...args) => {
        // In the middle of the work the token ends.
        if (++requests === 4) valid = -1;
        return before(...args);
      };
      expect((await pullImage(name, target, known)).digest).toBe(local.image.digest);
      expect(asked.length).toBeGreaterThanOrEqual(3);
    });

    test("a password does not leave for a token service that another scheme names", async () => {
      proxy.before = (_, __, response) => {
        response.setHeader("www-authenticate", 'Bearer realm="ftp://127.0.0.1/token"');
        response.writeHead(401).end();
        return true;
      };
      await expect(pull()).rejects.toMatchObject({ code: "ERR_REGISTRY_AUTH" });
    });

    describe("with a password", () => {
      let locked: DockerRegistry;
      let config: string;
      beforeAll(async () => {
        locked = await DockerRegistry.start({ basicAuth: true });
        config = join(scratch, "docker-config");
        await rm(config, { recursive: true, force: true });
        process.env["DOCKER_CONFIG"] = config;
      });
      afterAll(async () => {
        delete process.env["DOCKER_CONFIG"];
        await locked?.[Symbol.asyncDispose]();
      });

      async function logIn(password: string): Promise<void> {
        await mkdir(config, { recursive: true });
        const auths = { [locked.host]: { auth: btoa(`agent:${password}`) } };
        await writeFile(join(config, "config.json"), JSON.stringify({ auths }));
      }

      test("Docker's config.json opens it, nothing else does", async () => {
        const there = `${locked.host}/team/locked:1`;
        const asDocker = { patience, findCredentials: dockerCredentials };
        await expect(pushImage(local, there, asDocker)).rejects.toMatchObject({
          code: "ERR_REGISTRY_AUTH",
          message: expect.stringMatching(/wants a user and a password: log in with docker login/),
        });
        await logIn("wrong");
        await expect(pushImage(local, there, asDocker)).rejects.toThrow(/answered 401/);
        await logIn(USER.password);
        expect(await pushImage(local, there, asDocker)).toBe(local.image.digest);
        expect((await pullImage(there, target, asDocker)).digest).toBe(local.image.digest);
      });
    });

    test.skipIf(!isInstalled("skopeo"))(
      "skopeo reads what we wrote, and we what it wrote",
      async () => {
        await push();
        const copied = join(scratch, "by-skopeo");
        const source = `docker://${registry.host}/team/sample-${count}:1.0`;
        execFileSync("skopeo", ["copy", "-q", "--src-tls-verify=false", source, `oci:${copied}:x`]);
        const image = await openFolderImage(copied, "x");
        expect(image.digest).toBe(local.image.digest);
        expect((await readAll(image, "/etc/motd")).toString()).toBe("hello\n");
        image.close();
        expect((await stat(join(copied, "oci-layout"))).isFile()).toBe(true);
      },
    );
  },
);
