/** Limits of what leaves a machine: counted, told, and felt as errors of the network. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm } from "../../../src/index.ts";
import type { VmLimits } from "../../../src/options/limits.ts";
import { type Outside, openOutside } from "../../support/outside.ts";

const LARGE = 300_000;
let outside: Outside;

beforeAll(async () => {
  outside = await openOutside((request, response) => {
    if (request.url !== "/large") return false;
    response.end(Buffer.alloc(LARGE, "x"));
    return true;
  });
});
afterAll(async () => {
  await outside?.[Symbol.asyncDispose]();
});

function machine(limits: VmLimits) {
  const hosts = { "plain.test:80": `127.0.0.1:${outside.ports.http}` };
  const permissions = { network: ["plain.test:80"] };
  return createVm({ network: { hosts }, permissions, limits });
}

test("bytes beyond the limit do not come, and the machine is told why", async () => {
  await using vm = await machine({ egressBytes: 100_000 });
  const fine = await vm.exec("curl -sS http://plain.test/");
  expect([fine.exitCode, fine.stderr]).toEqual([0, ""]);
  const { exitCode, stdout, refusals } = await vm.exec(
    "curl -sS http://plain.test/large | wc -c; exit ${PIPESTATUS[0]}",
  );
  expect(exitCode).not.toBe(0);
  expect(Number(stdout)).toBeLessThan(LARGE);
  expect(refusals.join()).toContain("limits.egressBytes is reached");
  const { used, max } = (await vm.stats()).egressBytes;
  expect(used).toBeGreaterThan(max);
  expect((await vm.exec("curl -sS http://plain.test/")).exitCode).not.toBe(0);
  await using free = await machine({});
  expect((await free.exec("curl -sS http://plain.test/large | wc -c")).stdout.trim()).toBe(
    `${LARGE}`,
  );
});

test("connections and requests beyond the limit are refused", async () => {
  await using vm = await machine({ egressRequests: 8 });
  const line =
    "for i in $(seq 10); do curl -sS http://plain.test/ > /dev/null 2>&1 && echo $i; done";
  const { stdout, refusals } = await vm.exec(line);
  const reached = stdout.trim().split("\n").length;
  expect(reached).toBeGreaterThanOrEqual(3);
  expect(reached).toBeLessThan(9);
  expect(refusals.join()).toContain("limits.egressRequests is reached");
});
