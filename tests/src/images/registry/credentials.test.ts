/** Docker's config.json and credential helpers. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dockerCredentials } from "../../../../src/images/registry/credentials.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-docker-config-"));
  vi.stubEnv("DOCKER_CONFIG", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const config = (content: unknown) =>
  writeFile(
    join(folder, "config.json"),
    typeof content === "string" ? content : JSON.stringify(content),
  );

test("without a file, or without an entry, there are none", async () => {
  expect(await dockerCredentials("example.com")).toBeUndefined();
  await config({ auths: { "other.com": { auth: btoa("a:b") } } });
  expect(await dockerCredentials("example.com")).toBeUndefined();
});

test.each(["example.com:5000", "https://example.com:5000", "https://example.com:5000/v1/"])(
  "a user and a password under %s",
  async (name) => {
    await config({ auths: { [name]: { auth: btoa("me:pass:word") } } });
    expect(await dockerCredentials("example.com:5000")).toEqual({
      user: "me",
      password: "pass:word",
    });
  },
);

test("Docker Hub has a name of its own; an identity token stands for a user", async () => {
  await config({
    auths: { "https://index.docker.io/v1/": { auth: btoa("x:y"), identitytoken: "t" } },
  });
  expect(await dockerCredentials("docker.io")).toEqual({ identityToken: "t" });
});

test("a helper is asked, on standard input", async () => {
  const helper = join(folder, "docker-credential-test");
  await writeFile(
    helper,
    `#!/bin/sh
read server
[ "$server" = example.com ] || { echo "credentials not found in native keychain"; exit 1; }
echo "{\\"Username\\":\\"of $server\\",\\"Secret\\":\\"s\\"}"
`,
  );
  await chmod(helper, 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
  await config({ credHelpers: { "example.com": "test" } });
  expect(await dockerCredentials("example.com")).toEqual({ user: "of example.com", password: "s" });
  await config({ credsStore: "test", auths: { "other.com": { auth: btoa("a:b") } } });
  expect(await dockerCredentials("other.com")).toEqual({ user: "a", password: "b" });
  await config({ credsStore: "missing" });
  await expect(dockerCredentials("example.com")).rejects.toThrow(/docker-credential-missing/);
  await config({ credsStore: "../../bin/sh" });
  await expect(dockerCredentials("example.com")).rejects.toThrow(/no name of a credential helper/);
});

test("a broken file is told without what is in it", async () => {
  await config('{"auths": {"x": {"auth": "c2VjcmV0"');
  const refusal = await dockerCredentials("x").catch((error: Error) => error.message);
  expect(refusal).toMatch(/config.json: no JSON object/);
  expect(refusal).not.toMatch(/c2VjcmV0/);
  await config({ auths: { x: { auth: btoa("no colon") } } });
  await expect(dockerCredentials("x")).rejects.toThrow(/no user:password/);
});
