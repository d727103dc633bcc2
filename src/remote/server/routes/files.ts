/**
 * `/vms/NAME/files/PATH`: files as HTTP resources. GET streams a file (or a range of it) and lists a
 * directory as JSON, HEAD tells of it, PUT streams into it, DELETE removes it. An upload appears under its
 * name when it is whole; `PUT .../` with a slash at the end makes a directory.
 */
import { Errno } from "../../../../kernel/errno.ts";
import type { Stat } from "../../../../kernel/index.ts";
import { isFailure } from "../../../machine/protocol.ts";
import { badRequest, RemoteError } from "../../errors.ts";
import { PIECE_BYTES } from "../../protocol.ts";
import { pathOf } from "../body.ts";
import { Holdings } from "../holdings.ts";
import type { Route } from "../server.ts";
import { wrongMethod } from "./machines.ts";

const O_RDONLY = 0;
const O_WRONLY = 1;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const S_IFMT = 0o170000;
const PERMISSIONS = 0o7777;

/** Pairs, because octal numbers as keys do not survive the formatter. */
const TYPES: ReadonlyMap<number, string> = new Map([
  [0o040000, "directory"],
  [0o100000, "file"],
  [0o120000, "symlink"],
  [0o010000, "fifo"],
  [0o140000, "socket"],
  [0o020000, "character-device"],
  [0o060000, "block-device"],
]);

const READ_BYTES = 256 << 10;
const LISTED_AT_ONCE = 64;

let lastUpload = 0;

export async function files({ request, url, host, name, rest }: Route): Promise<Response> {
  const path = pathOf(rest === "" ? "/" : rest);
  const holdings = new Holdings(await host.attach(name), PIECE_BYTES);
  try {
    const response = await serve(holdings, path, request, url);
    // A stream lets go of the machine itself, at its end.
    if (!response.headers.has("accept-ranges") || response.body === null) await holdings.release();
    return response;
  } catch (reason) {
    await holdings.release();
    throw reason;
  }
}

async function serve(
  holdings: Holdings,
  path: string,
  request: Request,
  url: URL,
): Promise<Response> {
  switch (request.method) {
    case "GET":
    case "HEAD":
      return read(holdings, path, request);
    case "PUT":
      return path.endsWith("/")
        ? makeDirectory(holdings, path)
        : write(holdings, path, request, url.searchParams);
    case "DELETE":
      return remove(holdings, path, url.searchParams.get("recursive") === "1");
    default:
      throw wrongMethod(request, "GET, HEAD, PUT, DELETE");
  }
}

async function read(holdings: Holdings, path: string, request: Request): Promise<Response> {
  const stat = await holdings.request("files", "stat", [path]);
  const type = typeOf(stat);
  const whole = request.method === "GET";
  const headers = new Headers({
    "isopod-type": type,
    "isopod-mode": modeOf(stat),
    "last-modified": new Date(millisecondsOf(stat)).toUTCString(),
  });
  if (type === "directory") {
    headers.set("content-type", "application/json");
    const body = whole ? JSON.stringify({ entries: await list(holdings, path) }) : null;
    return new Response(body, { headers });
  }
  if (type !== "file") throw notAFile(path, type);
  const range = rangeOf(request.headers.get("range"), stat.size);
  headers.set("content-type", "application/octet-stream");
  headers.set("accept-ranges", "bytes");
  if (range.partial) {
    headers.set("content-range", `bytes ${range.start}-${range.end - 1}/${stat.size}`);
  }
  // What the kernel makes up as it is read (/proc) has no size.
  const sized = stat.size > 0;
  if (sized) headers.set("content-length", String(range.end - range.start));
  const status = range.partial ? 206 : 200;
  if (!whole) return new Response(null, { status, headers });
  const fd = await holdings.open("open", [path, O_RDONLY, 0]);
  const end = sized ? range.end : Number.POSITIVE_INFINITY;
  return new Response(streamOf(holdings, fd, range.start, end), { status, headers });
}

/** The bytes from `start` to `end`, read as they are asked for. */
function streamOf(
  holdings: Holdings,
  fd: number,
  start: number,
  end: number,
): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const length = Math.min(READ_BYTES, end - at);
          const piece =
            length > 0 ? await holdings.using("files", "read", [fd, length, at]) : undefined;
          if (piece && piece.length > 0) {
            at += piece.length;
            return controller.enqueue(piece);
          }
          controller.close();
          await holdings.release();
        } catch (reason) {
          await holdings.release();
          controller.error(reason);
        }
      },
      cancel: () => holdings.release(),
    },
    { highWaterMark: 0 },
  );
}

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly mode: string;
  readonly modifiedMs: number;
}

async function list(holdings: Holdings, path: string): Promise<Entry[]> {
  const items = await holdings.request("trees", "listTree", [path, false]);
  const entries: Entry[] = [];
  for (let at = 0; at < items.length; at += LISTED_AT_ONCE) {
    const some = items.slice(at, at + LISTED_AT_ONCE);
    const told = await Promise.all(some.map(({ name }) => entryOf(holdings, path, name)));
    entries.push(...told.filter((entry) => entry !== undefined));
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Undefined where it was removed meanwhile. */
async function entryOf(
  holdings: Holdings,
  folder: string,
  name: string,
): Promise<Entry | undefined> {
  try {
    const stat = await holdings.request("files", "lstat", [join(folder, name)]);
    return {
      name: name.toWellFormed(),
      type: typeOf(stat),
      size: stat.size,
      mode: modeOf(stat),
      modifiedMs: millisecondsOf(stat),
    };
  } catch (reason) {
    if (isFailure(reason) && reason.errno === Errno.ENOENT) return undefined;
    throw reason;
  }
}

async function makeDirectory(holdings: Holdings, path: string): Promise<Response> {
  const made = await holdings.request("trees", "makeDirectories", [path, 0o755]);
  return new Response(null, { status: made === undefined ? 204 : 201 });
}

/** Into a file beside it that then takes its place, so that a cut upload changes nothing. */
async function write(
  holdings: Holdings,
  path: string,
  request: Request,
  parameters: URLSearchParams,
): Promise<Response> {
  const before = await statOf(holdings, path);
  if (before && typeOf(before) !== "file") throw notAFile(path, typeOf(before));
  const target = before ? await holdings.request("trees", "realpath", [path]) : path;
  const folder = target.slice(0, target.lastIndexOf("/")) || "/";
  await holdings.request("trees", "makeDirectories", [folder, 0o755]);
  const beside = join(folder, `.isopod-upload-${Date.now().toString(36)}-${++lastUpload}`);
  const mode = modeGiven(parameters.get("mode")) ?? (before ? before.mode & PERMISSIONS : 0o644);
  const fd = await holdings.open("open", [beside, O_WRONLY | O_CREAT | O_EXCL, mode]);
  try {
    for await (const piece of request.body ?? []) await writePieces(holdings, fd, piece);
    await holdings.using("files", "fchmod", [fd, mode]);
    if (before) await holdings.using("files", "fchown", [fd, before.uid, before.gid]);
    if (parameters.get("sync") === "1") await holdings.using("files", "fsync", [fd]);
    await holdings.close("files", "close", fd);
    await holdings.request("files", "rename", [beside, target]);
  } catch (reason) {
    await holdings.request("files", "unlink", [beside]).catch(() => {});
    throw reason;
  }
  return new Response(null, { status: before ? 204 : 201 });
}

async function writePieces(holdings: Holdings, fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    // A copy of just these bytes: a view would take its whole buffer along to another thread.
    const piece = bytes.slice(at, at + PIECE_BYTES);
    await holdings.using("files", "write", [fd, piece, null]);
  }
}

async function remove(holdings: Holdings, path: string, recursive: boolean): Promise<Response> {
  const stat = await holdings.request("files", "lstat", [path]);
  if (typeOf(stat) !== "directory") await holdings.request("files", "unlink", [path]);
  else if (recursive) await holdings.request("trees", "remove", [path, true, false]);
  else await holdings.request("files", "rmdir", [path]);
  return new Response(null, { status: 204 });
}

async function statOf(holdings: Holdings, path: string): Promise<Stat | undefined> {
  try {
    return await holdings.request("files", "stat", [path]);
  } catch (reason) {
    if (isFailure(reason) && reason.errno === Errno.ENOENT) return undefined;
    throw reason;
  }
}

interface Range {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
  readonly partial: boolean;
}

/** One range of bytes; anything else that the header says means the whole, as HTTP has it. */
function rangeOf(header: string | null, size: number): Range {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (size === 0 || first === undefined || last === undefined || first + last === "") {
    return { start: 0, end: size, partial: false };
  }
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (start < end) return { start, end, partial: true };
  throw new RemoteError(416, "ERR_RANGE", `the file has ${size} bytes`);
}

function modeGiven(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  throw badRequest("mode must be octal digits, such as 755");
}

function notAFile(path: string, type: string): RemoteError {
  const shown = JSON.stringify(path.toWellFormed());
  return new RemoteError(409, "ERR_NOT_A_FILE", `${shown} is a ${type}, not a file`);
}

function typeOf({ mode }: Stat): string {
  return TYPES.get(mode & S_IFMT) ?? "unknown";
}

function modeOf({ mode }: Stat): string {
  return (mode & PERMISSIONS).toString(8).padStart(4, "0");
}

function millisecondsOf({ mtime }: Stat): number {
  return Number(mtime / 1_000_000n);
}

function join(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}
