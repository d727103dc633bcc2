import { expect, test } from "vitest";
import { decodeUtf8, encodeUtf8, type Sys } from "../../../kernel/index.ts";
import { bootKernel, now, run } from "../boot.ts";

test("a child writes into a pipe, its parent reads and waits", async () => {
  const kernel = bootKernel();
  const status = await run(kernel, async (sys: Sys) => {
    const [reader, writer] = now(sys.pipe2(0)) as [number, number];
    const child = sys.fork(async (sys) => {
      await sys.close(reader);
      await sys.write(writer, encodeUtf8("hello"));
      return 7;
    });
    await sys.close(writer);
    const buffer = new Uint8Array(100);
    const count = await sys.read(reader, buffer);
    expect(decodeUtf8(buffer, 0, count)).toBe("hello");
    expect(await sys.read(reader, buffer)).toBe(0);
    const result = await sys.wait4(child, 0);
    expect(result.pid).toBe(child);
    return result.status >> 8;
  });
  expect(status).toBe(7 << 8);
  kernel.shutdown();
});
