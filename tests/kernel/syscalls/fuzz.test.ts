/**
 * Every system call with arguments that make no sense, or almost do, as a guest could send them: it
 * answers with a value or an errno, and the machine goes on.
 */
import { afterEach, expect, test } from "vitest";
import {
  type Gate,
  type Kernel,
  KernelError,
  ProcessGone,
  Signal,
  type SyscallName,
} from "../../../kernel/index.ts";
import type { Codec } from "../../../kernel/syscalls/codec.ts";
import { syscallsByNumber } from "../../../kernel/syscalls/table.ts";
import { bootKernel, now, run, turns } from "../boot.ts";
import { seeded } from "../random.ts";
import { argument } from "./arguments.ts";
import { furnish, victim } from "./victims.ts";

let kernel: Kernel;
afterEach(() => kernel.shutdown());

const CALLS = 20_000;

/** True where the call succeeded at once. */
async function attempt(gate: Gate, name: SyscallName, args: unknown[]): Promise<boolean> {
  const judge = (reason: unknown) => {
    if (reason instanceof KernelError || reason instanceof ProcessGone) return;
    throw new Error(`${name}(${args.map((value) => show(value)).join(", ")})`, { cause: reason });
  };
  try {
    const result = gate.invoke(name, args);
    if (!(result instanceof Promise)) return true;
    const answer = result.catch(judge);
    await turns(1);
    await kernel.init.kill(gate.process.pid, Signal.SIGKILL);
    await answer;
  } catch (reason) {
    judge(reason);
  }
  return false;
}

function show(value: unknown): string {
  return value instanceof Uint8Array
    ? `[${value.length} bytes]`
    : JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? `${part}n` : part));
}

test("no argument of any call is a fault of the kernel", async () => {
  kernel = bootKernel({ nothing: () => 0 }, { limits: { processes: 60, disk: 1 << 24 } });
  const random = seeded(8);
  furnish(kernel);
  // The machine as a whole stays in place.
  const calls = syscallsByNumber.filter(
    ({ name }) => !["mount", "umount2", "chroot"].includes(name),
  );
  let gate = victim(kernel, random);
  const answered = new Set<string>();
  for (let i = 0; i < CALLS; i++) {
    const { name, definition } = random.pick(calls);
    const args = definition.parameters.map(({ codec }) =>
      argument(codec as Codec<unknown>, random),
    );
    if (await attempt(gate, name, args)) answered.add(name);
    if (!gate.closed && !gate.process.stopped && random.below(100) > 0) continue;
    await kernel.init.kill(gate.process.pid, Signal.SIGKILL);
    await kernel.init.wait4(gate.process.pid, 0);
    gate = victim(kernel, random);
  }
  // Most calls succeed now and then, so that what lies behind the checks is met, too.
  expect(answered.size).toBeGreaterThan(calls.length * 0.7);
  expect(now(kernel.init.getpid())).toBe(1);
  expect(await run(kernel, () => 5)).toBe(5 << 8);
});
