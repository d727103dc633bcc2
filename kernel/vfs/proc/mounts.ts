/** /proc/PID/mounts and mountinfo: the mounts that a process can reach from its root. */
import type { Kernel } from "../../kernel.ts";
import type { Process } from "../../process/process.ts";
import { MS_NOATIME, MS_NODEV, MS_NOEXEC, MS_NOSUID } from "../constants.ts";
import type { Mount } from "../mount-table.ts";
import { pathOf } from "../path-of.ts";

export function mountsText(kernel: Kernel, process: Process): string {
  return reachable(kernel, process)
    .map(([mount, path]) => {
      const fields = [mount.source, path, mount.fileSystem.type, options(mount)];
      return `${fields.map(escaped).join(" ")} 0 0\n`;
    })
    .join("");
}

export function mountInfoText(kernel: Kernel, process: Process): string {
  return reachable(kernel, process)
    .map(([mount, path]) => {
      const { fileSystem, source, root } = mount;
      const parent = mount.over?.mount.id ?? 0;
      const within = pathOf(root, { mount, inode: fileSystem.root }) ?? "/";
      const where = [mount.id, parent, `0:${mount.dev}`, escaped(within), escaped(path)];
      const what = [fileSystem.type, escaped(source), fileSystem.readOnly ? "ro" : "rw"];
      return `${where.join(" ")} ${options(mount)} - ${what.join(" ")}\n`;
    })
    .join("");
}

function reachable({ mounts }: Kernel, { fs }: Process): [Mount, string][] {
  const found: [Mount, string][] = [];
  for (const mount of mounts.all()) {
    const path = pathOf(mount.root, fs.root);
    if (path !== undefined) found.push([mount, path]);
  }
  return found;
}

function options({ flags, readOnly }: Mount): string {
  const list = [readOnly ? "ro" : "rw"];
  if ((flags & MS_NOSUID) !== 0) list.push("nosuid");
  if ((flags & MS_NODEV) !== 0) list.push("nodev");
  if ((flags & MS_NOEXEC) !== 0) list.push("noexec");
  if ((flags & MS_NOATIME) !== 0) list.push("noatime");
  return list.join(",");
}

/** What would end a field is written as an octal number (getmntent(3)). */
function escaped(field: string): string {
  return field.replace(
    /[\t\n \\#]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}
