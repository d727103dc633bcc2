/**
 * Which of @zenfs/core's tests do not pass on `vm.fs`, each with the reason. All others must. No host differs
 * from another.
 */

const SYNC = "uses synchronous functions, which vm.fs does not have";

/** Files of which nothing runs. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "dir.test.ts": SYNC,
  "exists.test.ts": `${SYNC}, and promises.exists, which node:fs does not have either`,
  "permissions.test.ts": "looks into @zenfs/core's own contexts and inodes",
  "scaling.test.ts": SYNC,
  "watch.test.ts": "watches with callbacks, which node:fs/promises does not have",
  "xattr.test.ts": "calls @zenfs/core's own functions for extended attributes",
};

export const EXPECTED_FAILURES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "directory.test.ts": {
    "Directories > mkdir, recursive": "wants an umask of 0; the machine has 022",
  },
  "links.test.ts": {
    "Links > cpSync preserves a symlink #304": SYNC,
  },
  "streams.test.ts": {
    "Streams > WriteStream writes data correctly": SYNC,
    "Streams > FileHandle.createReadStream after close should give an error":
      "a closed handle is EBADF for every method",
    "Streams > FileHandle.createWriteStream after close should give an error":
      "a closed handle is EBADF for every method",
  },
  "times.test.ts": {
    "Times > utimes works": SYNC,
    "Times > utimes works > new Date(...)": SYNC,
    "Times > utimes works > new Date()": SYNC,
    "Times > utimes works > number": SYNC,
  },
};
