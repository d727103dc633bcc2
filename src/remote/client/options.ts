/** Options of createVm that a machine of a server does not take: they are refused, not left out silently. */
import { IsopodError } from "../../errors.ts";
import type { VmOptions } from "../../options/vm-options.ts";
import { permissionsElsewhere } from "../../permissions/deciders.ts";
import { toolsElsewhere } from "../../tools/vm-tools.ts";

const REFUSALS: { readonly [name in keyof VmOptions]?: (where: string) => IsopodError } = {
  permissions: permissionsElsewhere,
  network: permissionsElsewhere,
  tools: () => toolsElsewhere("createVm"),
  mounts: notTaken(
    "a machine of a server begins with the files of its image or snapshot",
    "mount memory by vm.mount(path, memory()) and copy files by vm.fs",
  ),
  store: notTaken(
    "the server keeps its machines where its --store says",
    'give the machine a name, and for a snapshot kept there from: "NAME"',
  ),
  commit: notTaken("the server says when its machines are committed", "call vm.commit() for more"),
  kernel: notTaken(
    "the server says where the kernels of its machines run",
    "call isopod's createVm",
  ),
};

/** Before anything is asked of the server. */
export function refuseOptionsOfTheServer(options: VmOptions): void {
  for (const [name, refusal] of Object.entries(REFUSALS)) {
    if (options[name as keyof VmOptions] !== undefined) throw refusal(`createVm: ${name}`);
  }
}

function notTaken(why: string, remedy: string): (where: string) => IsopodError {
  return (where) =>
    new IsopodError("ERR_NOT_ON_THIS_HOST", `${where}: ${why}. Leave it out, and ${remedy}.`);
}
