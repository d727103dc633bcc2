/** Where the suite's machines are: the host that ISOPOD_HOST names, opened once for all files. */
import type { Vm } from "../../../src/index.ts";
import { hostFromEnvironment, openHost } from "../../support/hosts/host.ts";

const host = await openHost(hostFromEnvironment());
const machines: Vm[] = [];

export async function createVm(): Promise<Vm> {
  const vm = await host.createVm({ user: "root", cwd: "/" });
  machines.push(vm);
  return vm;
}

/** Ends them all; what the host had to say of faults of its own. */
export async function close(): Promise<readonly string[]> {
  for (const vm of machines) await vm.dispose();
  await host[Symbol.asyncDispose]();
  return host.faults;
}
