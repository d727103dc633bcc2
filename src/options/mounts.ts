/** What can be mounted into a machine, besides directories of the host (host-directory.ts). */
import type { MountRequest, MountSource } from "../machine/protocol.ts";
import { type FileSystemDriver, OPERATIONS } from "../mounts/custom/driver.ts";
import { type Drivers, operationsOf } from "../mounts/custom/drivers.ts";
import { absolutePath, checkOptions, flag, integer, type Place, refuse, text } from "./check.ts";

/** Made by hostDirectory(), memory(), overlay(), customFileSystem() and s3(). */
export type Mount =
  | Exclude<MountSource, { type: "custom" | "overlay" }>
  | OverlayMount
  | CustomMount;

export interface OverlayMount {
  readonly type: "overlay";
  readonly lower: Mount;
  readonly readOnly: false;
}

export interface CustomMount extends CustomFileSystemOptions {
  readonly type: "custom";
  readonly driver: FileSystemDriver;
  readonly readOnly: boolean;
}

export interface MemoryOptions {
  /** Bytes that it may hold, within the machine's `limits.memory`. */
  memory?: number;
  /** Files and directories that it may hold, within `limits.inodes`. */
  inodes?: number;
}

export interface CustomFileSystemOptions {
  /** Default: false, where the driver has `create`. */
  readOnly?: boolean;
  /** As /proc/mounts and df name it. Default: custom. */
  name?: string;
  /** Milliseconds for which an answer about a file is believed. Default: 1,000. */
  cacheMs?: number;
  /** Milliseconds that an operation may take; ETIMEDOUT. Default: 60,000. */
  timeoutMs?: number;
}

export interface S3Options {
  /** The service's address, such as https://s3.eu-central-1.amazonaws.com or a server of your own. */
  endpoint: string;
  bucket: string;
  /** Only keys below it, without it in their names. Default: all of the bucket. */
  prefix?: string;
  /** Default: us-east-1. */
  region?: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Default: true. */
  readOnly?: boolean;
}

const LONGEST_MS = 2 ** 31 - 1;
const POSITIVE = { min: 1, max: Number.MAX_SAFE_INTEGER };

/** An empty file system in memory. */
export function memory(options: MemoryOptions = {}): Mount {
  const where = "memory";
  checkOptions(where, options, ["memory", "inodes"]);
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) integer({ where, name }, value, POSITIVE);
  }
  return { type: "memory", readOnly: false, ...options };
}

/**
 * What `lower` shows, and above it in memory what the machine changes: `lower` itself never is. It should
 * not change by other hands meanwhile.
 */
export function overlay(lower: Mount): Mount {
  checkMount({ where: "overlay", name: "lower" }, lower);
  return { type: "overlay", lower, readOnly: false };
}

/** A file system of your own: a few asynchronous operations on paths. */
export function customFileSystem(
  driver: FileSystemDriver,
  options: CustomFileSystemOptions = {},
): Mount {
  const where = "customFileSystem";
  checkOptions(where, options, ["readOnly", "name", "cacheMs", "timeoutMs"]);
  checkDriver({ where, name: "driver" }, driver);
  const { readOnly = !driver.create, name, cacheMs, timeoutMs } = options;
  if (flag({ where, name: "readOnly" }, readOnly) === false && !driver.create) {
    refuse({ where, name: "readOnly" }, readOnly, "true for a driver without create");
  }
  return {
    type: "custom",
    driver,
    readOnly,
    ...(name !== undefined && { name: text({ where, name: "name" }, name) }),
    ...(cacheMs !== undefined && {
      cacheMs: integer({ where, name: "cacheMs" }, cacheMs, { min: 0, max: LONGEST_MS }),
    }),
    ...(timeoutMs !== undefined && {
      timeoutMs: integer({ where, name: "timeoutMs" }, timeoutMs, { min: 1, max: LONGEST_MS }),
    }),
  };
}

/**
 * A bucket of S3 or of a service that speaks its protocol: objects are files, and keys that share a
 * prefix up to a slash are in one directory. Files are kept whole: what a program writes arrives when it
 * is synced or closed. Directories cannot be renamed (EXDEV, so mv(1) copies).
 */
export function s3(options: S3Options): Mount {
  const where = "s3";
  const known = ["endpoint", "bucket", "prefix", "region", "credentials", "readOnly"];
  checkOptions(where, options, known);
  const { endpoint, bucket, prefix = "", region = "us-east-1", readOnly = true } = options;
  const { credentials } = options;
  checkOptions(`${where}: credentials`, credentials, [
    "accessKeyId",
    "secretAccessKey",
    "sessionToken",
  ]);
  const { sessionToken } = credentials;
  return {
    type: "s3",
    endpoint: httpAddress({ where, name: "endpoint" }, endpoint),
    bucket: text({ where, name: "bucket" }, bucket),
    prefix: prefix === "" ? "" : text({ where, name: "prefix" }, prefix),
    region: text({ where, name: "region" }, region),
    credentials: {
      accessKeyId: text({ where, name: "credentials.accessKeyId" }, credentials.accessKeyId),
      secretAccessKey: text(
        { where, name: "credentials.secretAccessKey" },
        credentials.secretAccessKey,
      ),
      ...(sessionToken !== undefined && {
        sessionToken: text({ where, name: "credentials.sessionToken" }, sessionToken),
      }),
    },
    readOnly: flag({ where, name: "readOnly" }, readOnly),
  };
}

/** Outer mounts first, so that inner ones land on them. */
export function normalizeMounts(
  where: string,
  mounts: Record<string, Mount>,
  drivers: Drivers,
): MountRequest[] {
  if (typeof mounts !== "object" || mounts === null || Array.isArray(mounts)) {
    refuse({ where, name: "mounts" }, mounts, 'an object of mounts, such as { "/work": mount }');
  }
  return Object.entries(mounts)
    .map(([target, mount]) => normalizeMount(where, target, mount, drivers))
    .sort((a, b) => a.target.length - b.target.length);
}

/** Functions of the embedder's stay in `drivers`. */
export function normalizeMount(
  where: string,
  target: string,
  mount: Mount,
  drivers: Drivers,
): MountRequest {
  checkMount({ where, name: `the mount at ${target}` }, mount);
  return {
    target: absolutePath({ where, name: "a mount's path" }, target),
    source: sourceOf(mount, drivers),
  };
}

const TYPES: readonly string[] = ["host-directory", "memory", "overlay", "custom", "s3"];

function checkMount(place: Place, mount: Mount): void {
  const isMount = typeof mount === "object" && mount !== null && TYPES.includes(mount.type);
  if (isMount) return;
  const remedy =
    "Make one with hostDirectory(path), memory(), overlay(), customFileSystem() or s3().";
  refuse(place, mount, "a mount", remedy);
}

function checkDriver(place: Place, driver: FileSystemDriver): void {
  const remedy = `Operations are ${OPERATIONS.join(", ")}.`;
  if (typeof driver !== "object" || driver === null) refuse(place, driver, "an object", remedy);
  for (const name of OPERATIONS) {
    const method: unknown = driver[name];
    const isNeeded = name === "stat" || name === "readdir" || name === "read";
    if (typeof method === "function" || (method === undefined && !isNeeded)) continue;
    refuse({ ...place, name: `${place.name}.${name}` }, method, "a function", remedy);
  }
}

function sourceOf(mount: Mount, drivers: Drivers): MountSource {
  if (mount.type === "overlay") return { ...mount, lower: sourceOf(mount.lower, drivers) };
  if (mount.type !== "custom") return mount;
  const { driver, ...rest } = mount;
  return { ...rest, driver: drivers.add(driver), operations: operationsOf(driver) };
}

function httpAddress(place: Place, value: unknown): string {
  const address = text(place, value);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return address;
  return refuse(place, value, "an http: or https: URL");
}
