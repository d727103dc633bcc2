/** A minute of what `npm run -s fuzz` does for ten: hostile calls through memory that changes while it is read. */
import { expect, test } from "vitest";
import { hammer } from "./hammer.ts";

test("no bytes in shared memory, however they change, are a fault of the kernel", async () => {
  const report = await hammer({ milliseconds: 60_000, attackers: 2, seed: 11 });
  expect(report.faults).toEqual([]);
  expect(report.calls).toBeGreaterThan(1000);
  expect(report.mutations).toBeGreaterThan(10_000);
  expect(report.processes).toBeGreaterThan(50);
});

test("the fuzzer would see a fault", async () => {
  const { faults } = await hammer({
    milliseconds: 5000,
    attackers: 1,
    seed: 12,
    prepare(kernel) {
      kernel.trace = ({ pid, name }) => {
        if (pid !== 1 && name.startsWith("get") && name !== "getsockname")
          throw new TypeError("broken on purpose");
      };
    },
  });
  expect(faults.join()).toContain("broken on purpose");
});
