/**
 * Paths of a plain WASI program: relative to a directory that they never leave, be it by `..`, by a
 * leading slash or by a symbolic link (WASI preview 1, "capability-based security"). What the program may
 * do is still the kernel's to say; this is what the interface promises its users.
 */
import { type BlockingSyscalls, Errno, KernelError, SYMLOOP_MAX } from "../../kernel/abi.ts";

/**
 * The same place as `path` under `dirfd`, without `..` and symbolic links on the way; throws
 * `outside` where it lies there. A link as the last component is followed only with `follow`.
 */
export function resolveBeneath(
  sys: BlockingSyscalls,
  dirfd: number,
  path: string,
  follow: boolean,
  outside: unknown = new KernelError(Errno.EPERM),
): string {
  if (path === "") throw new KernelError(Errno.ENOENT);
  if (path.startsWith("/")) throw outside;
  const done: string[] = [];
  const rest = components(path);
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift() as string;
    if (name === "..") {
      if (done.pop() === undefined) throw outside;
      continue;
    }
    done.push(name);
    if (rest.length === 0 && !follow) break;
    const target = linkTarget(sys, dirfd, done.join("/"));
    if (target === undefined) continue;
    if (++links > SYMLOOP_MAX) throw new KernelError(Errno.ELOOP);
    if (target.startsWith("/")) throw outside;
    done.pop();
    rest.unshift(...components(target));
  }
  const resolved = done.join("/") || ".";
  return path.endsWith("/") ? `${resolved}/` : resolved;
}

function components(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function linkTarget(sys: BlockingSyscalls, dirfd: number, path: string): string | undefined {
  try {
    return sys.readlinkat(dirfd, path);
  } catch (reason) {
    // No link, or nothing there: the call itself will tell the program.
    if (reason instanceof KernelError) return undefined;
    throw reason;
  }
}
