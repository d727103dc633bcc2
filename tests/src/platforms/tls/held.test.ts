/** What a guest lets the host's TLS keep: it is counted, or not kept. */
import { afterEach, describe, expect, test } from "vitest";
import type { HostTlsObject } from "../../../../kernel/index.ts";
import { type Answer, pack, unpack } from "../../../../runtimes/node/tls/messages.ts";
import { CERTIFICATE, KEY } from "../../../runtimes/node/tls/certificate.ts";
import { LIBRARIES } from "./libraries.ts";

const MEBIBYTE = 1 << 20;
describe.each(Object.entries(LIBRARIES))("%s", (_name, tls) => {
  const opened: HostTlsObject[] = [];
  afterEach(() => {
    for (const object of opened.splice(0)) object.close();
  });

  function open(kind: string, context?: HostTlsObject): HostTlsObject {
    const object = tls.open(kind, context);
    opened.push(object);
    return object;
  }

  async function ask(object: HostTlsObject, operation: string, values: readonly unknown[] = []) {
    return unpack(await object.call(pack({ operation, values }), [])) as Answer;
  }

  async function makeContext(): Promise<HostTlsObject> {
    const context = open("context");
    await ask(context, "init", [null, 0, 0]);
    await ask(context, "setCert", [CERTIFICATE]);
    await ask(context, "setKey", [KEY]);
    return context;
  }

  /** The first bytes of a client. */
  async function helloIn(context: HostTlsObject): Promise<Uint8Array> {
    const { events = [] } = await ask(open("client", context), "start");
    return events.find(([name]) => name === "send")?.[1] as Uint8Array;
  }

  const names = ({ events = [] }: Answer) => events.map(([name]) => name);

  test("what arrives while a server waits for its certificate is counted until it goes on", async () => {
    const context = await makeContext();
    const server = open("server", context);
    await ask(server, "enableCertCb");
    expect(names(await ask(server, "receive", [await helloIn(context)]))).toContain("oncertcb");
    expect(server.holds).toBe(0);
    for (let i = 0; i < 3; i++) await ask(server, "receive", [new Uint8Array(MEBIBYTE / 2)]);
    expect(server.holds).toBe(1.5 * MEBIBYTE);
    await ask(server, "certCbDone");
    expect(server.holds).toBe(0);
  });

  test("what arrives after a failure is kept nowhere", async () => {
    const server = open("server", await makeContext());
    const garbage = new Uint8Array(MEBIBYTE / 2).fill(7);
    expect(names(await ask(server, "receive", [garbage]))).toContain("onerror");
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 1000; i++) await ask(server, "receive", [garbage]);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * MEBIBYTE);
  });

  test("what Node keeps whole is counted, and counted once", async () => {
    const server = open("server", await makeContext());
    for (let i = 0; i < 3; i++)
      await ask(server, "setOCSPResponse", [new Uint8Array(MEBIBYTE / 2)]);
    expect(server.holds).toBeGreaterThan(MEBIBYTE / 2);
    expect(server.holds).toBeLessThan(MEBIBYTE);
  });

  test("a context takes as many certificates as anybody trusts, and no more", async () => {
    const context = await makeContext();
    const before = context.holds;
    expect(await ask(context, "addCACert", [CERTIFICATE.repeat(1000)])).not.toHaveProperty("error");
    expect(context.holds - before).toBeGreaterThan(5 * MEBIBYTE);
    const { error } = await ask(context, "addCACert", [CERTIFICATE.repeat(1100)]);
    expect(error?.message).toBe("A context of TLS has 2048 certificates at most");
    expect(await ask(context, "addCACert", [CERTIFICATE])).not.toHaveProperty("error");
  });
});
