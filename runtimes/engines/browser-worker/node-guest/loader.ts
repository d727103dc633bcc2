/**
 * What a Node guest's worker begins with: it says whether its policy is in force, and runs the Node layer
 * (guest.ts), whose text comes in shared memory, since an address could not hold it.
 */
import { decodeWith, readModule } from "../../../node/library.ts";
import { isConfined } from "../confinement.ts";
import type { GuestReport } from "../messages.ts";
import type { NodeGuestLibrary } from "./messages.ts";

declare const self: DedicatedWorkerGlobalScope;

interface Greeting {
  readonly port: MessagePort;
  readonly data: NodeGuestLibrary;
}

const confined = isConfined();

self.onmessage = ({ data: { port, data } }: MessageEvent<Greeting>) => {
  const tell = (report: GuestReport) => port.postMessage(report);
  begin(port, data).then(
    (isReady) => tell({ type: "ready", confined: isReady }),
    (reason) => tell({ type: "fault", message: String(reason?.stack ?? reason) }),
  );
};

/** False where the guest is not confined: then nothing runs. */
async function begin(port: MessagePort, library: NodeGuestLibrary): Promise<boolean> {
  if (!(await confined)) return false;
  const { index, text } = library;
  const code = readModule(index, text, GUEST_MODULE, decodeWith(TextDecoder));
  // biome-ignore lint/security/noGlobalEval: the worker's own code, which no address could hold
  const start = globalThis.eval(
    // Strict, for call sites of stacks give programs the functions and receivers of what is not.
    `(port, library) => {"use strict";${code}}\n//# sourceURL=isopod:node`,
  );
  // It takes the worker's messages over.
  start(port, library);
  return true;
}

const GUEST_MODULE = "isopod/guest";
