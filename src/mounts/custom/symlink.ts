/** A symbolic link of a custom file system: its text alone; where it leads, the machine decides. */
import { PATH_MAX } from "../../../kernel/limits.ts";
import { unsupported } from "./file-system.ts";
import { CustomInode } from "./inode.ts";

export class CustomSymlink extends CustomInode {
  override readlink(): string {
    const { path, fileSystem } = this;
    const { driver } = fileSystem;
    if (!driver.readlink) return unsupported();
    return fileSystem.ask("readlink", path, async () => {
      const target = await driver.readlink?.(path);
      if (typeof target === "string" && target !== "" && target.length < PATH_MAX) return target;
      throw new TypeError(`readlink answered ${JSON.stringify(target)}`);
    });
  }
}
