/** The wasm that is committed: the file that its README names, which asks for nothing else than it says. */
import { createHash, randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type HostTlsObject, KernelError } from "../../../../kernel/index.ts";
import { pack } from "../../../../runtimes/node/tls/messages.ts";
import { CERTIFICATE, KEY } from "../../../runtimes/node/tls/certificate.ts";
import { ask, End, openOpenssl, opensslModule } from "./libraries.ts";

const file = (name: string) =>
  readFileSync(new URL(`../../../../src/platforms/openssl/wasm/${name}`, import.meta.url));

test("the file is the one that was made", () => {
  const hash = createHash("sha256").update(file("openssl.wasm")).digest("hex");
  expect(file("README.md").toString()).toContain(`| \`openssl.wasm\` | \`${hash}\` |`);
});

test("it imports a clock, randomness, callbacks, and files that it does not get", () => {
  const names = WebAssembly.Module.imports(opensslModule).map(({ module, name }) =>
    module === "host" ? `host.${name}` : name,
  );
  expect(names.toSorted()).toEqual([
    "clock_time_get",
    "fd_close",
    "fd_fdstat_get",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_readdir",
    "fd_seek",
    "fd_write",
    "host.choose_protocol",
    "host.client_key",
    "host.find_session",
    "host.handshake",
    "host.keylog",
    "host.needs_certificate",
    "host.new_session",
    "host.ocsp",
    "host.random_bytes",
    "host.server_key",
    "host.servername",
    "path_filestat_get",
    "path_open",
    "proc_exit",
  ]);
});

test("its randomness is the host's, and it takes some for each handshake", async () => {
  let taken = 0;
  const tls = openOpenssl({
    random: (target) => {
      taken += target.length;
      randomFillSync(target);
    },
  });
  const hello = async () => {
    const context = new End(tls, "context");
    await context.get("init", null, 0, 0);
    const client = new End(tls, "client", context);
    await client.get("start");
    return Buffer.from(client.told("send")[0]?.[0] as Uint8Array);
  };
  expect((await hello()).equals(await hello())).toBe(false);
  expect(taken).toBeGreaterThan(96);
});

test("a host without randomness ends an instance, and the next one has another", async () => {
  let fails = false;
  const tls = openOpenssl({
    random: (target) => {
      if (fails) throw new Error("no randomness");
      randomFillSync(target);
    },
  });
  const context = new End(tls, "context");
  await context.get("init", null, 0, 0);
  fails = true;
  const other = new End(tls, "context");
  const call = ({ object }: { object: HostTlsObject }, operation: string, ...values: unknown[]) => {
    try {
      object.call(pack({ operation, values }), []);
      return 0;
    } catch (reason) {
      return (reason as KernelError).errno;
    }
  };
  expect(call(other, "init", null, 0, 0)).toBe(5);
  expect(call(context, "getTicketKeys")).toBe(5);
  expect(() => new End(tls, "client", context)).toThrow(KernelError);
  for (const end of [context, other]) end.object.close();
  fails = false;
  const next = new End(tls, "context");
  await next.get("init", null, 0, 0);
  expect(await next.get("getTicketKeys")).toHaveLength(48);
  expect(ask(tls, "ciphers").value).toContain("tls_aes_128_gcm_sha256");
});

test("what connections took is free again when they end", async () => {
  const tls = openOpenssl();
  const context = new End(tls, "context");
  await context.get("init", null, 0, 0);
  await context.get("setCert", CERTIFICATE);
  await context.get("setKey", KEY);
  // 512 MiB is all that there is: these at a time would not fit.
  for (let i = 0; i < 3000; i++) {
    const client = new End(tls, "client", context);
    await client.get("start");
    client.object.close();
  }
  expect(await new End(tls, "client", context).ask("start")).not.toHaveProperty("error");
});
