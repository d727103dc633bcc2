/**
 * How the API's values look on Node: Buffers, streams and texts of its own. `#values` in package.json
 * names this file there and web.ts elsewhere; both have the same names.
 */
import { constants } from "node:buffer";
import { posix } from "node:path";
import { createInterface } from "node:readline";
import type { ReadStreamOptions } from "../fs/node-streams.ts";
import type { HostValues } from "./host-values.ts";

export { EventEmitter } from "node:events";
export { fileURLToPath } from "node:url";
export { inspect } from "node:util";
export { readStream, writeStream } from "../fs/node-streams.ts";

export const MAX_STRING_LENGTH = constants.MAX_STRING_LENGTH;

export const isEncoding: HostValues["isEncoding"] = Buffer.isEncoding;

export const toBuffer: HostValues["toBuffer"] = (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const encode: HostValues["encode"] = (text, encoding) => Buffer.from(text, encoding);

export const decode: HostValues["decode"] = (bytes, encoding) => toBuffer(bytes).toString(encoding);

export const globMatcher: HostValues["globMatcher"] = async () => posix.matchesGlob;

export const readLines: HostValues["readLines"] = (file, options: ReadStreamOptions) =>
  createInterface({
    input: file.createReadStream(options),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
