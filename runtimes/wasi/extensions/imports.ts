/**
 * The POSIX extension imports of the commands, by import module. What each function means stands beside
 * it; the commands themselves are the specification.
 */
import { type ImportFunctions, returningErrno, returningValue } from "../imports.ts";
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

export function extensionImports(context: ProgramContext): Record<string, ImportFunctions> {
  return {
    host_process: returningErrno({
      ...descriptorExtensions(context),
      ...ppollImports(context),
      ...processExtensions(context),
      ...signalImports(context),
      ...spawnImports(context),
    }),
    host_fs: {
      ...returningErrno({
        ...fileImports(context),
        ...rangeImports(context),
        ...attributeImports(context),
      }),
      ...returningValue(0, fileModes(context)),
      ...returningValue(-1n, fileSizes(context)),
      ...returningValue(0n, fileDevices(context)),
    },
    host_net: returningErrno(networkImports(context)),
    host_tty: returningValue(0, terminalImports(context)),
    host_user: returningErrno(userImports(context)),
  };
}
