/**
 * All handlers, by name: a call without one does not compile. A handler is synchronous: it finishes,
 * fails with an errno, or sleeps and is called again.
 */
import type { Call } from "./call.ts";
import { codecCalls } from "./codecs.ts";
import { descriptorCalls } from "./descriptors.ts";
import { fileCalls } from "./files.ts";
import { identityCalls } from "./identity.ts";
import { inotifyCalls } from "./inotify.ts";
import { lockCalls } from "./locks.ts";
import { machineCalls } from "./machine.ts";
import { pathCalls } from "./paths.ts";
import { pollCalls } from "./poll.ts";
import { processCalls } from "./processes.ts";
import { signalCalls } from "./signals.ts";
import { socketCalls } from "./sockets.ts";
import type { SyscallArguments, SyscallName, SyscallResult } from "./table.ts";
import { terminalCalls } from "./terminals.ts";
import { timeCalls } from "./time.ts";
import { tlsCalls } from "./tls.ts";

export type Handlers<N extends SyscallName> = {
  readonly [K in N]: (call: Call, ...args: SyscallArguments<K>) => SyscallResult<K>;
};

export const handlers: Handlers<SyscallName> = {
  ...descriptorCalls,
  ...fileCalls,
  ...pathCalls,
  ...lockCalls,
  ...pollCalls,
  ...processCalls,
  ...identityCalls,
  ...inotifyCalls,
  ...signalCalls,
  ...socketCalls,
  ...terminalCalls,
  ...timeCalls,
  ...machineCalls,
  ...codecCalls,
  ...tlsCalls,
};
