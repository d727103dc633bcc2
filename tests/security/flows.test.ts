/** `npm install` from a registry that is granted, whose authority only the gateway was told of. */
import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createVm } from "../../src/index.ts";
import { openOutside } from "../support/outside.ts";

const PACKAGE: Record<string, string> = {
  "package/package.json": JSON.stringify({ name: "left-pad", version: "1.3.0" }),
  "package/index.js": "module.exports = (s, n, c) => String(s).padStart(n, c);\n",
};

test("npm installs a package that the program then uses", async () => {
  const tarball = gzipSync(tar(PACKAGE));
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const origin = "https://registry.test";
  await using outside = await openOutside((request, response) => {
    if (request.url === "/left-pad/-/left-pad-1.3.0.tgz") response.end(tarball);
    else if (request.url === "/left-pad") {
      const dist = { tarball: `${origin}${request.url}/-/left-pad-1.3.0.tgz`, integrity };
      const versions = { "1.3.0": { name: "left-pad", version: "1.3.0", dist } };
      response.end(
        JSON.stringify({ name: "left-pad", "dist-tags": { latest: "1.3.0" }, versions }),
      );
    } else void text(request).then(() => response.writeHead(404).end("{}"));
    return true;
  });
  const { ca, ports } = outside;
  await using vm = await createVm({
    permissions: { network: ["registry.test:443"] },
    network: { ca, hosts: { "registry.test:443": `127.0.0.1:${ports.https}` } },
  });
  const lines = [
    "mkdir app && cd app && npm init -y > /dev/null",
    `npm install --no-audit --no-fund --registry ${origin}/ left-pad`,
    `node -p 'require("left-pad")(7, 3, 0)'`,
  ];
  const { stdout, stderr, exitCode } = await vm.exec(lines.join(" && "), { timeout: 120_000 });
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(stdout).toContain("added 1 package");
  expect(stdout.trimEnd().endsWith("007")).toBe(true);
  expect(outside.heard).toEqual(["GET /left-pad", "GET /left-pad/-/left-pad-1.3.0.tgz"]);
});

/** A tar archive (ustar) of files. */
function tar(files: Record<string, string>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const body = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name);
    header.write("0000644\0", 100);
    header.write(`${body.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("00000000000\0", 136);
    header.write("        0", 148);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, body, Buffer.alloc(-body.length & 511)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
