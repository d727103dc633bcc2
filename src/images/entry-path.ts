/** Names in archives are other people's: only those that stay inside the tree become paths. */
import { imageError } from "./oci/digest.ts";

const NAME_BYTES = 255;
const PATH_LENGTH = 4096;

/** What nearly every name is: `a/b/c`, none of the parts empty or of dots alone. */
const ORDINARY = /^[\w@+-][\w@+.-]*(\/[\w@+-][\w@+.-]*)*$/;

/** `./a//b/` as `/a/b`. Refuses `..`, NUL, and names that no file system takes. */
export function entryPath(where: string, name: unknown): string {
  if (typeof name !== "string") throw imageError(where, "an entry has no name");
  if (name.length <= NAME_BYTES && ORDINARY.test(name)) return `/${name}`;
  const shown = JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}...` : name);
  if (name.includes("\0")) throw imageError(where, `the name ${shown} holds a NUL`);
  if (name.length > PATH_LENGTH) throw imageError(where, `the name ${shown} is too long`);
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  for (const part of parts) {
    if (part === "..") throw imageError(where, `the name ${shown} leads out of the image`);
    if (part.length > NAME_BYTES) throw imageError(where, `the name ${shown} is too long`);
  }
  return `/${parts.join("/")}`;
}
