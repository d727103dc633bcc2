/**
 * The POSIX extension imports of the commands, by import module. What each function means stands beside
 * it; the commands themselves are the specification.
 */
import { type ImportGroup, returningErrno, returningValue } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { descriptorExtensions } from "./descriptors.ts";
import { attributeImports, rangeImports } from "./file-ranges.ts";
import { fileDevices, fileImports, fileModes, fileSizes } from "./files.ts";
import { networkImports } from "./network.ts";
import { ppollImports } from "./poll.ts";
import { processExtensions } from "./process.ts";
import { signalImports } from "./signals.ts";
import { spawnImports } from "./spawn.ts";
import { terminalImports } from "./terminal.ts";
import { userImports } from "./users.ts";

export function extensionImports(
  context: ProgramContext,
): Readonly<Record<string, readonly ImportGroup[]>> {
  return {
    host_process: [
      returningErrno(descriptorExtensions(context)),
      returningErrno(ppollImports(context)),
      returningErrno(processExtensions(context)),
      returningErrno(signalImports(context)),
      returningErrno(spawnImports(context)),
    ],
    host_fs: [
      returningErrno(fileImports(context)),
      returningErrno(rangeImports(context)),
      returningErrno(attributeImports(context)),
      returningValue(0, fileModes(context)),
      returningValue(-1n, fileSizes(context)),
      returningValue(0n, fileDevices(context)),
    ],
    host_net: [returningErrno(networkImports(context))],
    host_tty: [returningValue(0, terminalImports(context))],
    host_user: [returningErrno(userImports(context))],
    // Not the commands' own: engines/wasm-meter.ts makes loops call it.
    isopod: [returningErrno({ turn: () => context.sys.sched_yield() })],
  };
}
