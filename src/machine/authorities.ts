/**
 * Whom programs that speak TLS themselves trust (curl, git and wget do): a bundle where Linux has it, of
 * the host's authorities and those of the machine's options. Written where the machine may reach anybody.
 */
import {
  Errno,
  encodeUtf8,
  type Kernel,
  KernelError,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  type Sys,
} from "../../kernel/index.ts";
import { AT_FDCWD } from "../../kernel/vfs/constants.ts";
import { writeAll } from "./descriptors.ts";
import type { FilledOptions } from "./image-defaults.ts";
import type { Platform } from "./platform.ts";
import { readWholeFile } from "./read-file.ts";

const FOLDERS = ["/etc/ssl", "/etc/ssl/certs"];
const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
/** Where OpenSSL and LibreSSL look. */
const LINK = "/etc/ssl/cert.pem";
/** What follows is ours; what comes before it, the image's. */
const MARK = "# Added by the machine's host:\n";

export async function trustAuthorities(
  { init }: Kernel,
  { permissions = [], network = {} }: FilledOptions,
  platform: Platform,
  /** The machine's own. */
  own?: string,
): Promise<void> {
  const mayReach =
    permissions.length > 0 &&
    permissions.every(
      (set) =>
        set.network.otherwise !== "deny" ||
        set.network.rules.some(({ effect }) => effect !== "deny"),
    );
  if (!mayReach) return;
  const before = await textOf(init, BUNDLE);
  const mark = before.indexOf(MARK);
  const ofImage = mark < 0 ? before : before.slice(0, mark);
  const added = [
    ...(ofImage === "" ? platform.authorities() : []),
    ...(network.ca ?? []),
    ...(own ? [own] : []),
  ];
  const text = added.length > 0 ? `${ofImage}${MARK}${added.map(withEnd).join("")}` : ofImage;
  if (text === before) return;
  for (const folder of FOLDERS) await unlessThere(() => init.mkdirat(AT_FDCWD, folder, 0o755));
  const fd = await init.openat(AT_FDCWD, BUNDLE, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  await writeAll(init, fd, encodeUtf8(text));
  await init.close(fd);
  await unlessThere(() => init.symlinkat("certs/ca-certificates.crt", AT_FDCWD, LINK));
}

async function textOf(init: Sys, path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readWholeFile(init, path));
  } catch (reason) {
    if (reason instanceof KernelError && reason.errno === Errno.ENOENT) return "";
    throw reason;
  }
}

async function unlessThere(make: () => unknown): Promise<void> {
  try {
    await make();
  } catch (reason) {
    if (!(reason instanceof KernelError) || reason.errno !== Errno.EEXIST) throw reason;
  }
}

function withEnd(pem: string): string {
  return pem.endsWith("\n") ? pem : `${pem}\n`;
}
