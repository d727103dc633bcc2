/** `createVm` with every wasm program in the kernel's own thread, as on hosts without guest threads. */
import { InlineEngine } from "../../runtimes/engines/inline/engine.ts";
import { compiledModules } from "../../runtimes/engines/inline/modules.ts";
import { baseImagePresent } from "../../src/images/base-image-present.ts";
import type { Vm, VmOptions } from "../../src/index.ts";
import { MachineService } from "../../src/machine/service.ts";
import { normalizeVmOptions } from "../../src/options/vm-options.ts";
import { nodePlatform } from "../../src/platforms/node/platform.ts";
import { RemoteMachine } from "../../src/remote-machine.ts";
import { Vm as VmOfThread } from "../../src/vm.ts";

/** What the engine and the kernel had to say of themselves; a test expects nothing. */
export const inlineFaults: unknown[] = [];

const engine = new InlineEngine({
  modules: [compiledModules()],
  onFault: (reason) => inlineFaults.push(reason),
});
const service = new MachineService({ ...nodePlatform, formats: [engine] });

const thread = {
  create: service.create.bind(service),
  request: service.request.bind(service),
  trace: service.trace.bind(service),
  dispose: async (id: number) => service.dispose(id),
};

export async function createInlineVm(options: VmOptions = {}): Promise<Vm> {
  await baseImagePresent();
  const { machine } = await normalizeVmOptions(options);
  return new VmOfThread(await RemoteMachine.create(thread, machine));
}
