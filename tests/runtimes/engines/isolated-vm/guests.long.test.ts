/** What guests of both formats take together: one bound, as one host watches over all of them. */
import { expect, test } from "vitest";
import { O_CLOEXEC, Signal, WNOHANG } from "../../../../kernel/index.ts";
import { Guests } from "../../../../runtimes/engines/guests.ts";
import { IsolatedVmEngine } from "../../../../runtimes/engines/isolated-vm/engine.ts";
import { defaultMemoryLimits } from "../../../../runtimes/engines/isolated-vm/memory-limits.ts";
import { NodeEngine } from "../../../../runtimes/engines/isolated-vm/node-engine.ts";
import type { RunningGuests } from "../../../../runtimes/engines/running-guests.ts";
import { NODE_MAGIC } from "../../../../runtimes/node/magic.ts";
import { guestBundle } from "../../../../src/guest-bundle.ts";
import { nodeHost } from "../../../../src/platforms/node/host.ts";
import { openNodeSnapshot } from "../../../../src/platforms/node/node-snapshot.ts";
import { bootKernel, NO_ATTRIBUTES, now } from "../../../kernel/boot.ts";
import { duplicate, type GuestMachine, install } from "../../wasi/machine.ts";
import { program, text, write } from "../../wasi/wat.ts";

/** Less than both take, more than either. */
const BOUND = 200 << 20;

/** 100 MiB of its own, of which the kernel hears with the next call. */
const WASM = program(
  `(drop (memory.grow (i32.const 1600))) ${write(1)} (drop (call $sleep_ms (i32.const 120000)))`,
  text("ready"),
);
const HELD = 150 << 20;
/** Tells what it takes whenever its loop turns. */
const NODE = `
  const held = Buffer.alloc(${HELD});
  process.stdout.write("ready");
  setInterval(() => held, 10);
`;

async function bootBoth() {
  const faults: unknown[] = [];
  const onFault = (reason: unknown) => faults.push(reason);
  const memory = { ...defaultMemoryLimits(), guests: BOUND };
  const guests = new Guests({ scheduler: nodeHost.scheduler, memory, onFault });
  const wasm = new IsolatedVmEngine({ guestSource: await guestBundle("guest"), guests, onFault });
  const node = new NodeEngine({ ...(await openNodeSnapshot()), guests, onFault });
  const kernel = bootKernel({}, { formats: [wasm, node] });
  const machine = {
    ...{ kernel, engine: wasm, faults, running: guests.running },
    async dispose() {
      kernel.shutdown();
      await Promise.all([wasm.settle(), node.settle()]);
      for (const engine of [wasm, node]) engine.dispose();
    },
  };
  install(machine, "/bin/wasm", WASM);
  install(machine, "/bin/node", NODE_MAGIC);
  return machine;
}

/** Resolves when a look has found that all take `bytes` or more, and the next one is over as well. */
function lookedAt(running: RunningGuests, bytes: number): Promise<void> {
  let looks = 0;
  return new Promise((resolve) => {
    running.onLook(() => {
      if (running.memoryBytes >= bytes && ++looks === 2) resolve();
    });
  });
}

/** Its pid, once it has what it takes. */
async function start({ kernel: { init } }: GuestMachine, argv: readonly string[]): Promise<number> {
  const [read, end] = now(init.pipe2(O_CLOEXEC)) as [number, number];
  const [path = ""] = argv;
  const actions = [0, 1, 2].map((fd) => duplicate(end, fd));
  const pid = await init.spawn(path, argv, [], actions, NO_ATTRIBUTES);
  now(init.close(end));
  expect(await init.read(read, new Uint8Array(5))).toBe(5);
  return pid;
}

test("a WebAssembly program and a Node program that each may stay lose the larger together", async () => {
  const machine = await bootBoth();
  const { init } = machine.kernel;
  const node = ["/bin/node", "-e", NODE];
  const wasm = await start(machine, ["/bin/wasm"]);
  const first = await start(machine, node);
  expect(await init.wait4(-1, 0)).toMatchObject({ pid: first, status: Signal.SIGKILL });
  expect((await init.wait4(wasm, WNOHANG)).pid).toBe(0);

  // Where the other is gone it may stay.
  now(init.kill(wasm, Signal.SIGKILL));
  await init.wait4(wasm, 0);
  const alone = await start(machine, node);
  await lookedAt(machine.running, HELD);
  expect((await init.wait4(alone, WNOHANG)).pid).toBe(0);
  await machine.dispose();
  expect(machine.faults).toEqual([]);
});
