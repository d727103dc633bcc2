/**
 * What the base image is made of: the npm tarball that the commands come from, the names that are left
 * out or added, and what the files under rootfs/ cannot say by themselves (owners, modes, links, empty
 * directories). The builder beside this folder reads it.
 */

import type { ImageConfig } from "../image.ts";

/** The wasm commands: the folder `commands` of this package. */
export const tarball = {
  name: "@rivet-dev/agentos-runtime-core",
  version: "0.2.21",
  integrity:
    "sha512-NAZ5p8HmCxLx0puSBi2uaTXIlH7xlJWFQjsYe1c4rfySTKzNLu+0UZvVTzsVMJMne3confQx+9d+3o79t2SnxQ==",
  /** Bytes, for the progress display. */
  size: 45_782_303,
  folder: "commands",
} as const;

/** npm itself, for Node programs: where it stands, and what of it nobody reads at a prompt. */
export const npm = {
  name: "npm",
  version: "10.9.9",
  integrity:
    "sha512-1g+6jLQvaIuB4zwvHL7yrXuXcWZwDsCtBX8bbWDqbvJSSr9nPiDDWTHNgwXR27iIcTTW7v3A57hDW9RYv2W4Yg==",
  path: "/usr/lib/node_modules/npm",
  leftOut: /^(docs|man)\/|\/(docs|man|test|tests|\.github|gyp)\/|\.(md|map|d\.ts|pyc?)$/,
} as const;

/** The time of every file: the same inputs give the same bytes. Seconds since 1970. */
export const created = Date.UTC(2026, 10, 22) / 1000;

/** What machines on the image begin with. */
export const config: ImageConfig = {
  user: "user",
  env: {},
  cwd: undefined,
  entrypoint: [],
  cmd: ["/bin/bash", "-l"],
  labels: {
    "org.opencontainers.image.title": "isopod base",
    "org.opencontainers.image.description": "Shell, POSIX utilities, git and more, in WebAssembly",
  },
  permissions: {},
};

/** Commands by the layer that they are in; the rest is in one of its own. */
export const groups: Readonly<Record<string, readonly string[]>> = {
  "core commands": [
    ...["[", "awk", "basename", "chmod", "cp", "cut", "date", "diff", "dir", "dirname", "du"],
    ...["echo", "egrep", "env", "expr", "false", "fgrep", "file", "find", "grep", "gunzip", "gzip"],
    ...[
      "head",
      "jq",
      "ln",
      "ls",
      "mkdir",
      "mktemp",
      "mv",
      "od",
      "paste",
      "printenv",
      "printf",
      "pwd",
    ],
    ...[
      "readlink",
      "realpath",
      "rev",
      "rm",
      "rmdir",
      "sed",
      "seq",
      "sleep",
      "sort",
      "stat",
      "tail",
    ],
    ...[
      "tar",
      "tee",
      "test",
      "touch",
      "tr",
      "tree",
      "true",
      "uniq",
      "vdir",
      "wc",
      "which",
      "xargs",
    ],
    ...["yes", "zcat"],
  ],
  "git and network": [
    ...["git", "git-receive-pack", "git-remote-http", "git-remote-https", "git-upload-archive"],
    ...["git-upload-pack", "curl", "wget", "ssh", "ssh-keysign", "ssh-sk-helper"],
  ],
  "search and data": ["bc", "fd", "join", "rg", "sqlite3", "unzip", "yq", "zip"],
};

const refuses = "only says that it is not supported";
const helper = "a test helper of its vendor";

/** Commands of the tarball that stay out, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  _stubs: refuses,
  chcon: refuses,
  chroot: refuses,
  groups: refuses,
  hostid: refuses,
  install: refuses,
  pinky: refuses,
  runcon: refuses,
  stty: refuses,
  sync: refuses,
  tty: refuses,
  uptime: refuses,
  users: refuses,
  who: refuses,
  "http-test": helper,
  "spawn-test-host": helper,
  xu: helper,
  runas: "its vendor's own form of su",
  acl_tools: "chacl, getfacl and setfacl under one name",
  xattr_tools: "attr, getfattr and setfattr under one name",
  bash: "the shell is ours",
  sh: "the shell is ours",
  arch: "knows no machine",
  hostname: "prints a fixed name",
  uname: "prints a fixed foreign name",
  df: "knows no working directory",
  id: "knows few options, and no names of groups",
  more: "is cat",
  whoami: "believes $USER",
};

/** Commands of the tarball that stand elsewhere than in /usr/bin. */
export const moved: Readonly<Record<string, string>> = {
  git: "/usr/libexec/git-core/git",
  "git-receive-pack": "/usr/libexec/git-core/git-receive-pack",
  "git-remote-http": "/usr/libexec/git-core/git-remote-http",
  "git-remote-https": "/usr/libexec/git-core/git-remote-https",
  "git-upload-archive": "/usr/libexec/git-core/git-upload-archive",
  "git-upload-pack": "/usr/libexec/git-core/git-upload-pack",
  mount: "/usr/libexec/isopod/mount",
};

/** Programs inside the kernel, by the path of the file that starts them. */
export const programs: Readonly<Record<string, string>> = {
  "/usr/bin/arch": "arch",
  "/usr/bin/bash": "bash",
  "/usr/bin/cat": "cat",
  "/usr/bin/df": "df",
  "/usr/bin/flock": "flock",
  "/usr/bin/groups": "groups",
  "/usr/bin/hostname": "hostname",
  "/usr/bin/id": "id",
  "/usr/bin/less": "less",
  "/usr/bin/qjs": "qjs",
  "/usr/bin/setsid": "setsid",
  "/usr/bin/sh": "bash",
  "/usr/bin/stty": "stty",
  "/usr/bin/sync": "sync",
  "/usr/bin/tty": "tty",
  "/usr/bin/uname": "uname",
  "/usr/bin/whoami": "whoami",
  "/usr/sbin/chroot": "chroot",
};

/** Symbolic links: path to target. */
export const links: Readonly<Record<string, string>> = {
  "/bin": "usr/bin",
  "/sbin": "usr/sbin",
  "/lib": "usr/lib",
  "/lib64": "usr/lib64",
  "/etc/localtime": "/usr/share/zoneinfo/UTC",
  "/etc/mtab": "../proc/self/mounts",
  "/etc/os-release": "../usr/lib/os-release",
  "/usr/bin/fdfind": "fd",
  "/usr/bin/gawk": "awk",
  "/usr/bin/git-receive-pack": "../libexec/git-core/git-receive-pack",
  "/usr/bin/git-upload-archive": "../libexec/git-core/git-upload-archive",
  "/usr/bin/git-upload-pack": "../libexec/git-core/git-upload-pack",
  "/usr/bin/more": "less",
  "/usr/bin/npm": "../lib/node_modules/npm/bin/npm-cli.js",
  "/usr/bin/npx": "../lib/node_modules/npm/bin/npx-cli.js",
  "/usr/bin/pager": "less",
  "/usr/bin/pkill": "pgrep",
  "/usr/share/zoneinfo/Etc/UTC": "../UTC",
  "/var/lock": "/run/lock",
  "/var/run": "/run",
};

interface Ownership {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const user = { uid: 1000, gid: 1000 } as const;

/** Directories beyond the parents of files, and what differs from root's 0755. */
export const directories: Readonly<Record<string, Ownership>> = {
  "/dev": {},
  "/etc/skel": {},
  "/home": {},
  "/home/user": user,
  "/media": {},
  "/mnt": {},
  "/opt": {},
  "/proc": { mode: 0o555 },
  "/root": { mode: 0o700 },
  "/run": {},
  "/run/lock": { mode: 0o1777 },
  "/srv": {},
  "/sys": { mode: 0o555 },
  "/tmp": { mode: 0o1777 },
  "/usr/lib64": {},
  "/usr/local/bin": {},
  "/usr/local/etc": {},
  "/usr/local/lib": {},
  "/usr/local/sbin": {},
  "/usr/local/share": {},
  "/usr/share/git-core/templates": {},
  "/var/cache": {},
  "/var/lib": {},
  "/var/log": {},
  "/var/mail": { mode: 0o2775, gid: 8 },
  "/var/spool": {},
  "/var/tmp": { mode: 0o1777 },
  "/var/www": {},
};

/** Files of rootfs/ that differ from root's 0644, or 0755 in a folder of commands. */
export const files: Readonly<Record<string, Ownership>> = {
  "/etc/gshadow": { mode: 0o640, gid: 42 },
  "/etc/shadow": { mode: 0o640, gid: 42 },
};

/** Folders of rootfs/ that are copied to a home, with its owner. */
export const homes: Readonly<Record<string, Ownership>> = {
  "/home/user": user,
  "/root": {},
};
