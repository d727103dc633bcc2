/** What runs in the dynamic Worker of a guest: the program, compiled by workerd, and its WASI layer. */
import { WorkerEntrypoint } from "cloudflare:workers";
import type { Gate } from "../../../kernel/index.ts";
import { MemorySum } from "../inline/memory-sum.ts";
import { InlineRun } from "../inline/run.ts";
import module from "./program.wasm";
import type { GuestCalls, GuestEntrypoint, GuestJob } from "./protocol.ts";
import { RemoteGate } from "./remote-gate.ts";

/** Every import gives way already. */
const NO_SLICES = Number.MAX_SAFE_INTEGER;

export default class Guest extends WorkerEntrypoint implements GuestEntrypoint {
  async run(job: GuestJob, calls: GuestCalls): Promise<void> {
    const run = new InlineRun({
      module,
      gate: new RemoteGate(job, calls) as unknown as Gate,
      memory: new MemorySum(job.memoryBytes),
      sliceImports: NO_SLICES,
      onControl: undefined,
      onFault(reason) {
        throw reason;
      },
    });
    await run.done;
  }
}
