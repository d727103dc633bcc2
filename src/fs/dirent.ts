/** A directory entry with its type, in the shape of node:fs. */
import { FileType } from "./stats.ts";

export class Dirent<Name = string> extends FileType {
  readonly name: Name;
  /** The directory that it is in. */
  readonly parentPath: string;

  /** `type` is a DT_ value. */
  constructor(name: Name, parentPath: string, type: number) {
    super(type << 12);
    this.name = name;
    this.parentPath = parentPath;
  }
}
