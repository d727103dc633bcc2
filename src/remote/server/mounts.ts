/** Mounts that a client may ask for: memory. A directory of the server's host is never among them. */
import type { MountSource } from "../../machine/protocol.ts";
import { RemoteError } from "../errors.ts";
import { boolean, type Check, oneOf, record } from "./checks.ts";

const memory: Check<MountSource> = record({ type: oneOf("memory"), readOnly: boolean });

export const memoryMount: Check<MountSource> = (value) => {
  if ((value as MountSource | null)?.type === "host-directory") {
    const message =
      "a directory of the host cannot be mounted into a remote machine; copy the files there instead";
    throw new RemoteError(403, "ERR_HOST_DIRECTORY_REFUSED", message);
  }
  return memory(value);
};
