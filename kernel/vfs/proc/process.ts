/** /proc/PID: one process as files. */
import { Errno, fail } from "../../errno.ts";
import type { Kernel } from "../../kernel.ts";
import type { Process } from "../../process/process.ts";
import type { Inode } from "../file-system.ts";
import type { Location } from "../mount-table.ts";
import { describe } from "../path-of.ts";
import { FdDirectory, FdInfoDirectory } from "./descriptors.ts";
import { limitsText } from "./limits.ts";
import { mountInfoText, mountsText } from "./mounts.ts";
import { LinkNode, type MakeNode, type Place, TableDirectory, TextNode } from "./nodes.ts";
import { requireInspection } from "./reach.ts";
import { memoryPages, statLine, statusText } from "./status.ts";

export function processDirectory(kernel: Kernel, process: Process, place: Place): Inode {
  const files: Readonly<Record<string, MakeNode>> = {
    cmdline: text(0o444, () => terminated(process.state === "zombie" ? [] : process.argv)),
    comm: text(0o444, () => `${process.command}\n`),
    environ: text(0o400, () => terminated(process.envp)),
    stat: text(0o444, () => statLine(kernel, process)),
    statm: text(0o444, () => memoryPages(process)),
    status: text(0o444, () => statusText(process)),
    limits: text(0o444, () => limitsText(process)),
    mounts: text(0o444, () => mountsText(kernel, process)),
    mountinfo: text(0o444, () => mountInfoText(kernel, process)),
    exe: (at) => new LinkNode(at, 0o777, (reader) => executableOf(process, reader)),
    cwd: link(process, () => process.fs.cwd),
    root: link(process, () => process.fs.root),
    fd: (at) => new FdDirectory(process, at, place.ino + FD_INODES),
    fdinfo: (at) => new FdInfoDirectory(process, at, place.ino + FDINFO_INODES),
  };
  return new TableDirectory(place, files, place.ino + 1);
}

/** Inodes of a process's descriptors begin so far behind its own. */
const FD_INODES = 2 ** 10;
const FDINFO_INODES = 2 ** 19;

function text(mode: number, make: () => string): MakeNode {
  return (place) => new TextNode(place, mode, make);
}

function link(process: Process, location: () => Location): MakeNode {
  const leadsTo = (reader: Process | undefined) => {
    requireInspection(reader, process);
    return process.state === "zombie" ? fail(Errno.ENOENT) : location();
  };
  return (place) =>
    new LinkNode(
      place,
      0o777,
      (reader) => describe(leadsTo(reader), (reader ?? process).fs.root),
      leadsTo,
    );
}

function executableOf(process: Process, reader: Process | undefined): string {
  requireInspection(reader, process);
  return process.executable !== "" ? process.executable : fail(Errno.ENOENT);
}

/** As the kernel keeps argv and environment: each with a NUL behind it. */
function terminated(strings: readonly string[]): string {
  return strings.map((string) => `${string}\0`).join("");
}
