/**
 * Writes docs/commands.md from the base image: every command, by group, and how it runs. With --check
 * it only says whether the page is current.
 *
 *     node scripts/write-commands-page.ts [--check]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import * as manifest from "../src/images/base/manifest.ts";
import { openReference } from "../src/images/node/open-reference.ts";

const PAGE = resolve(import.meta.dirname, "../docs/commands.md");

const GROUPS: Readonly<Record<string, string>> = {
  "Shell and small helpers":
    "bash sh [ basename dirname echo env envsubst expr factor false flock getent man nologin nproc numfmt pathchk printenv printf seq sleep stdbuf test timeout true tsort uuidgen watch which xargs yes",
  Files:
    "cat chgrp chmod chown cp dd df dir du fd fdfind file find install link ln ls mkdir mkfifo mknod mktemp mv pwd readlink realpath rm rmdir shred stat sync touch tree truncate unlink vdir",
  "Attributes and file systems":
    "attr chacl findmnt getfacl getfattr mount mountpoint setfacl setfattr xfs_io",
  Text: "awk column comm cut diff cmp expand fmt fold gawk head join less more nl od pager paste ptx rev sed sort split strings tac tail tee tr unexpand uniq wc",
  Search: "egrep fgrep grep rg zgrep",
  "Check sums and encodings":
    "b2sum base32 base64 basenc cksum md5sum sha1sum sha224sum sha256sum sha384sum sha512sum sum",
  "Numbers and data": "bc jq shuf sqlite3 yq",
  Languages: "node npm npx qjs",
  Archives: "gunzip gzip tar unzip zcat zip",
  Git: "git git-receive-pack git-upload-archive git-upload-pack",
  Network: "curl ssh ssh-keysign ssh-sk-helper wget",
  Processes: "free kill killall nice nohup pgrep pidof pkill ps setsid uptime",
  "Users and terminals": "clear dircolors groups id logname reset stty su tty users who whoami",
  System: "arch chroot date hostname lsb_release uname",
};

const MARKS: Readonly<Record<string, string>> = { kernel: "¹", script: "²", link: "³" };

const NOTES = `
- What bears no mark is a program of its publisher's, compiled to WebAssembly: GNU, uutils or upstream code, or a small implementation of its own. Where one differs from the tool that its name recalls, it is as it is. Seen so far: \`ls -l\` sums sizes where GNU's sums blocks; \`nproc\` says 1; \`stat -f\` makes its numbers up, \`df\` has the true ones; \`column\`, \`du\`, \`file\` and \`which\` know the common options only.
- \`git\` is a script that tells the module where its parts are.
- \`curl\`, \`wget\`, \`ssh\` and git's network commands reach servers of their own machine, and what \`permissions.network\` grants.
- \`qjs\` runs scripts and modules on QuickJS, with \`std\` and \`os\` always at hand. It has no prompt, and of these modules no \`std.urlGet\`, \`std.tmpfile\`, \`std.parseExtJSON\`, \`os.signal\`, \`os.setReadHandler\`, \`os.setWriteHandler\`, \`os.ttySetRaw\` and \`os.Worker\`: each throws by its name. A promise that fails unheard ends a script with status 1 where it is the script's or a module's last value, and passes unseen elsewhere.
- \`node\` is Node 22's own library on bindings of the machine's kernel. Native addons, the inspector, clusters and snapshots are refused with Node's own error codes.
- \`node:sqlite\` is SQLite 3.54 on files of the machine: its locks hold between processes and threads, and a transaction that returned is as durable as the machine's \`fsync\`. A database can be in WAL mode only while one connection has it for itself (\`PRAGMA locking_mode = EXCLUSIVE\` first), since processes share no memory; otherwise \`PRAGMA journal_mode = WAL\` answers \`delete\`, and SQLite goes on with a rollback journal. FTS5, R-Tree, JSON, sessions and mathematical functions are there; FTS3 and FTS4, Geopoly, RBU and extensions are not.
- \`mount\` lists; what may be mounted is for the host to say.

Modules of the package that stay out of the image:

`;

const page = await render();
if (process.argv.includes("--check")) {
  const current = readFileSync(PAGE, "utf8") === page;
  if (!current)
    process.stderr.write("docs/commands.md is not current: node scripts/write-commands-page.ts\n");
  process.exitCode = current ? 0 : 1;
} else {
  writeFileSync(PAGE, page);
}

async function render(): Promise<string> {
  const found = await commands();
  const known = new Set(Object.values(GROUPS).flatMap((names) => names.split(" ")));
  const missing = [...found.keys()].filter((name) => !known.has(name));
  const extra = [...known].filter((name) => !found.has(name));
  if (missing.length + extra.length > 0) {
    throw new Error(`without a group: ${missing.join(" ")}; not in the image: ${extra.join(" ")}`);
  }
  const count = (kind: string) => [...found.values()].filter((how) => how === kind).length;
  const sections = Object.entries(GROUPS).map(
    ([title, names]) =>
      `## ${title}\n\n${names
        .split(" ")
        .map((name) => `\`${name}\`${MARKS[found.get(name) ?? ""] ?? ""}`)
        .join(" ")}\n`,
  );
  const out = Object.entries(manifest.leftOut).map(([name, why]) => `- \`${name}\`: ${why}`);
  return `# Commands of the base image

<!-- Written by scripts/write-commands-page.ts from the image: do not edit. -->

${found.size} commands: ${count("wasm")} WebAssembly modules from npm (\`${manifest.tarball.name}\` ${manifest.tarball.version}), ${count("kernel")} programs inside the kernel (marked ¹), ${count("script")} bash scripts (²) and ${count("link")} links to others (³).

${sections.join("\n")}
## Notes
${NOTES}${out.join("\n")}
`;
}

/** Names in the folders of PATH, and how each runs. */
async function commands(): Promise<Map<string, string>> {
  const image = await openReference();
  const found = new Map<string, string>();
  for (const { path, kind, content } of image.source.entries) {
    const name = /^\/usr\/s?bin\/([^/]+)$/.exec(path)?.[1];
    if (name === undefined) continue;
    if (kind === "symlink") found.set(name, "link");
    else if (content) {
      const head = Buffer.from(image.source.read(content, 0, Math.min(content.size, 16))).toString(
        "latin1",
      );
      found.set(
        name,
        head.startsWith("#!isopod:") ? "kernel" : head.startsWith("#!") ? "script" : "wasm",
      );
    }
  }
  image.close();
  return found;
}
