/**
 * A bucket of S3, or of a service that speaks its protocol, as a driver of a custom file system. Objects
 * are files; a key that ends with a slash keeps an empty directory. Permission bits and times travel as
 * metadata of the object, under the names that s3fs and rclone use.
 */
import { AwsClient } from "aws4fetch";
import type { MountSource } from "../../machine/protocol.ts";
import type {
  DirectoryItem,
  FileChanges,
  FileInfo,
  FileSystemDriver,
  FileType,
  NewFile,
} from "../custom/driver.ts";
import { type Listing, parseListing } from "./listing.ts";

const MODE = "x-amz-meta-mode";
const MTIME = "x-amz-meta-mtime";
const COPY_SOURCE = "x-amz-copy-source";
const RETRIES = 3;
/** Milliseconds: what others wrote beside an object need be no date. */
const TIME_MAX = 8.64e15;
/** Entries of one directory: a listing goes on in memory, page by page, whoever waits for it. */
const ENTRIES_MAX = 1_000_000;
const CODES = new Map([
  [401, "EACCES"],
  [403, "EACCES"],
  [404, "ENOENT"],
  [507, "ENOSPC"],
]);

export class S3Driver implements FileSystemDriver {
  readonly #client: AwsClient;
  readonly #address: string;
  readonly #prefix: string;

  constructor(source: Extract<MountSource, { type: "s3" }>) {
    const { endpoint, bucket, prefix, region, credentials } = source;
    this.#client = new AwsClient({ ...credentials, region, service: "s3", retries: RETRIES });
    this.#address = `${endpoint.replace(/\/+$/, "")}/${encodeURIComponent(bucket)}`;
    this.#prefix = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    if (path === "/") return { type: "directory" };
    const [object, below] = await Promise.all([
      this.#request("HEAD", this.#key(path), { missing: true }),
      this.#list(`${this.#key(path)}/`, { max: 1 }),
    ]);
    if (object) return infoOf(object.headers);
    const isDirectory = below.files.length > 0 || below.directories.length > 0;
    return isDirectory ? { type: "directory" } : undefined;
  }

  async readdir(path: string): Promise<DirectoryItem[]> {
    const prefix = path === "/" ? this.#prefix : `${this.#key(path)}/`;
    const items: DirectoryItem[] = [];
    for (let from: string | undefined = ""; from !== undefined; ) {
      const page: Listing = await this.#list(prefix, { delimiter: true, from });
      for (const key of page.files) items.push({ name: key.slice(prefix.length), type: "file" });
      for (const key of page.directories) {
        items.push({ name: key.slice(prefix.length, -1), type: "directory" });
      }
      if (items.length > ENTRIES_MAX) {
        throw withCode("EOVERFLOW", `${prefix} has more than ${ENTRIES_MAX} entries`);
      }
      // A server that is at the same page for ever.
      if (page.next === from) throw new Error(`the listing of ${prefix} does not go on`);
      from = page.next;
    }
    // The object that keeps the directory itself.
    return items.filter(({ name }) => name !== "");
  }

  async read(path: string, position: number, length: number): Promise<Uint8Array> {
    const range = `bytes=${position}-${position + length - 1}`;
    const response = await this.#request("GET", this.#key(path), {
      headers: { range },
      beyond: true,
    });
    if (!response) return new Uint8Array(0);
    const bytes = new Uint8Array(await response.arrayBuffer());
    // A server that knows no ranges sends all of it, and some round them.
    const from = Number(
      /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? 0,
    );
    return bytes.subarray(position - from, position - from + length);
  }

  async create(path: string, { type, mode }: NewFile): Promise<void> {
    if (type === "symlink") throw withCode("EPERM", "a bucket holds no symbolic links");
    if (type === "file") return this.writeFile(path, new Uint8Array(0), mode);
    await this.#request("PUT", `${this.#key(path)}/`, { body: new Uint8Array(0) });
  }

  async writeFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    const headers = { [MODE]: `${0o100000 | mode}`, [MTIME]: `${Date.now() / 1000}` };
    await this.#request("PUT", this.#key(path), { body: bytes, headers });
  }

  async remove(path: string, type: FileType): Promise<void> {
    if (type === "directory") {
      const prefix = `${this.#key(path)}/`;
      const { files, directories } = await this.#list(prefix, { max: 2 });
      if (directories.length > 0 || files.some((key) => key !== prefix)) {
        throw withCode("ENOTEMPTY", `${prefix} has objects below it`);
      }
      await this.#request("DELETE", prefix);
      return;
    }
    await this.#request("DELETE", this.#key(path));
    await this.#keepDirectory(path.slice(0, path.lastIndexOf("/")));
  }

  async rename(from: string, to: string): Promise<void> {
    const object = await this.#request("HEAD", this.#key(from), { missing: true });
    if (!object) throw withCode("EXDEV", "a bucket cannot rename directories");
    await this.#copy(this.#key(from), this.#key(to), {});
    await this.remove(from, "file");
  }

  async setAttributes(path: string, { mode, mtimeMs }: FileChanges): Promise<void> {
    const key = this.#key(path);
    const object = await this.#request("HEAD", key, { missing: true });
    if (!object) throw withCode("EPERM", "a bucket keeps nothing about directories");
    const { headers } = object;
    const newMode = mode === undefined ? headers.get(MODE) : `${0o100000 | mode}`;
    const newTime = mtimeMs === undefined ? headers.get(MTIME) : `${mtimeMs / 1000}`;
    await this.#copy(key, key, {
      "x-amz-metadata-directive": "REPLACE",
      ...(newMode !== null && { [MODE]: newMode }),
      ...(newTime !== null && { [MTIME]: newTime }),
    });
  }

  /** A directory whose last file went away stays, as everywhere else. */
  async #keepDirectory(path: string): Promise<void> {
    if (path === "") return;
    const prefix = `${this.#key(path)}/`;
    const { files, directories } = await this.#list(prefix, { max: 1 });
    if (files.length === 0 && directories.length === 0) {
      await this.#request("PUT", prefix, { body: new Uint8Array(0) });
    }
  }

  async #copy(from: string, to: string, headers: Record<string, string>): Promise<void> {
    const bucket = new URL(this.#address).pathname;
    const source = `${bucket}/${encodeKey(from)}`;
    await this.#request("PUT", to, { headers: { ...headers, [COPY_SOURCE]: source } });
  }

  async #list(
    prefix: string,
    { max, delimiter = false, from = "" }: { max?: number; delimiter?: boolean; from?: string },
  ): Promise<Listing> {
    const query = new URLSearchParams({ "list-type": "2", prefix, "encoding-type": "url" });
    if (max !== undefined) query.set("max-keys", String(max));
    if (delimiter) query.set("delimiter", "/");
    if (from !== "") query.set("continuation-token", from);
    const response = await this.#fetch("GET", `${this.#address}?${query}`);
    if (!response.ok) throw await failed("GET", prefix, response);
    return parseListing(await response.text());
  }

  /** Undefined for an object that is `missing`, or for bytes `beyond` its end, where that is allowed. */
  async #request(
    method: string,
    key: string,
    options: {
      headers?: Record<string, string>;
      body?: Uint8Array;
      missing?: boolean;
      beyond?: boolean;
    } = {},
  ): Promise<Response | undefined> {
    const { headers = {}, body, missing, beyond } = options;
    const url = `${this.#address}/${encodeKey(key)}`;
    const response = await this.#fetch(method, url, headers, body);
    if (response.ok) return response;
    if (missing && response.status === 404) return undefined;
    if (beyond && response.status === 416) return undefined;
    throw await failed(method, key, response);
  }

  #fetch(
    method: string,
    url: string,
    headers: Record<string, string> = {},
    body?: Uint8Array,
  ): Promise<Response> {
    return this.#client.fetch(url, {
      method,
      headers,
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    });
  }

  #key(path: string): string {
    return this.#prefix + path.slice(1);
  }
}

function infoOf(headers: Headers): FileInfo {
  const mode = Number(headers.get(MODE) ?? Number.NaN);
  const seconds = Number(headers.get(MTIME) ?? Number.NaN);
  const modified = Date.parse(headers.get("last-modified") ?? "");
  const mtimeMs = Number.isNaN(seconds) ? modified : seconds * 1000;
  return {
    type: "file",
    size: Number(headers.get("content-length") ?? 0),
    ...(Number.isInteger(mode) && { mode: mode & 0o777 }),
    ...(Math.abs(mtimeMs) <= TIME_MAX && { mtimeMs }),
  };
}

function encodeKey(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}

async function failed(method: string, key: string, response: Response): Promise<Error> {
  const text = await response.text().catch(() => "");
  const said = /<Message>([^<]*)/.exec(text)?.[1] ?? response.statusText;
  const message = `${method} of ${key}: ${response.status} ${said}`;
  const code = CODES.get(response.status);
  return code ? withCode(code, message) : new Error(message);
}

function withCode(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
