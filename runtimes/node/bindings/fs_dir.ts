/** internalBinding("fs_dir"): an open directory that is read in portions (fs.opendir). */
import { AT_FDCWD, type DirectoryEntry, O_CLOEXEC, O_DIRECTORY } from "../../../kernel/abi.ts";
import { AsyncWrap } from "../async-wrap.ts";
import type { BindingFactory } from "../environment.ts";
import { direntType } from "./fs/names.ts";
import { fromPath, toPath } from "./fs/paths.ts";
import { createRequests } from "./fs/requests.ts";

/** Bytes of entries that one call of the kernel brings. */
const LISTING = 32_768;

export const fsDir: BindingFactory = (env) => {
  const { run } = createRequests(env);

  class DirHandle extends AsyncWrap {
    #fd: number;
    #entries: readonly DirectoryEntry[] = [];
    #next = 0;

    constructor(fd: number) {
      super(env, "DIRHANDLE");
      this.#fd = fd;
    }

    /** Names and types by turns, of `count` entries at most; null at the end. */
    read(encoding: unknown, count: number, request?: unknown): unknown {
      return run(DirHandle.prototype.read, request, { syscall: "scandir" }, () => {
        const result: unknown[] = [];
        while (result.length < 2 * count) {
          const entry = this.#take();
          if (!entry) break;
          result.push(fromPath(env, entry.name, encoding), direntType(entry.type));
        }
        return result.length > 0 ? result : null;
      });
    }

    close(request?: unknown): unknown {
      return run(DirHandle.prototype.close, request, { syscall: "closedir" }, () => {
        const fd = this.#fd;
        this.#fd = -1;
        env.sys.close(fd);
      });
    }

    #take(): DirectoryEntry | undefined {
      for (;;) {
        if (this.#next === this.#entries.length) {
          this.#entries = env.sys.getdents64(this.#fd, LISTING);
          this.#next = 0;
          if (this.#entries.length === 0) return undefined;
        }
        const entry = this.#entries[this.#next++] as DirectoryEntry;
        if (entry.name !== "." && entry.name !== "..") return entry;
      }
    }
  }

  const open = (path: string) =>
    new DirHandle(env.sys.openat(AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC, 0));

  const binding = {
    opendir(path: unknown, _encoding: unknown, request?: unknown) {
      const name = toPath(path);
      return run(binding.opendir, request, { syscall: "opendir", path: name }, () => open(name));
    },
    opendirSync(path: unknown) {
      const name = toPath(path);
      return run(binding.opendirSync, undefined, { syscall: "opendir", path: name }, () =>
        open(name),
      );
    },
    DirHandle,
  };
  return binding;
};
