/**
 * The file that `isopod build` reads, as a plan whose every field was checked. It is JSON with comments:
 * editors and agents know it, and its parser tells the line of each field, which those of TOML in npm do
 * not.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { IsopodError } from "../../errors.ts";
import { entryPath } from "../entry-path.ts";
import type { ImageConfig } from "../image.ts";
import { type Field, parseJsonFile } from "./json-file.ts";

export interface BuildPlan {
  readonly tag: string | undefined;
  /** Undefined: the base image. Null: nothing. */
  readonly from: string | undefined | null;
  readonly layers: readonly LayerPlan[];
  /** What differs from the image that it is made from. */
  readonly config: Partial<ImageConfig>;
  /** Seconds since 1970: the time of every file. */
  readonly created: number | undefined;
}

/** One layer. Paths of the host are absolute. */
export type LayerPlan = Ownership &
  (
    | {
        readonly type: "npm";
        readonly package: NpmPackage;
        readonly path: string;
        readonly to: string;
      }
    | {
        readonly type: "folder";
        readonly folder: string;
        readonly to: string;
        readonly exclude: readonly string[];
      }
    | { readonly type: "files"; readonly files: readonly FilePlan[] }
    | { readonly type: "tar"; readonly tar: string }
  );

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string | undefined;
}

export interface FilePlan extends Ownership {
  readonly path: string;
  readonly what:
    | { readonly type: "text"; readonly text: string }
    | { readonly type: "file"; readonly file: string }
    | { readonly type: "link"; readonly target: string }
    | { readonly type: "directory" }
    | { readonly type: "remove" };
}

interface Ownership {
  /** Permission bits; undefined: as the source has them. */
  readonly mode: number | undefined;
  /** `USER` or `USER:GROUP`, names or numbers; undefined: root. */
  readonly owner: string | undefined;
}

const KNOWN = [
  ...["$schema", "tag", "from", "layers", "entrypoint", "cmd", "env", "user", "cwd", "labels"],
  ...["permissions", "created"],
] as const;
const PACKAGE = /^(@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/;
const VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const INTEGRITY = /^sha(256|384|512)-[A-Za-z0-9+/]+=*$/;

export function readImageFile(path: string): BuildPlan {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new IsopodError("ERR_IMAGE_FILE", `${path}: ${(error as Error).message}`);
  }
  return parseImageFile(path, text);
}

export function parseImageFile(path: string, text: string): BuildPlan {
  const root = parseJsonFile(path, text);
  const fields = root.members(KNOWN);
  const folder = dirname(resolve(path));
  const layers = fields.layers?.list("a list of layers") ?? [];
  return {
    tag: fields.tag?.text(),
    from: fields.from && (fields.from.isNull ? null : reference(fields.from, folder)),
    layers: layers.map((layer) => layerPlan(layer, folder)),
    config: configOf(fields),
    created: fields.created && time(fields.created),
  };
}

function configOf(fields: Partial<Record<(typeof KNOWN)[number], Field>>): Partial<ImageConfig> {
  const { entrypoint, cmd, env, user, cwd, labels, permissions } = fields;
  return {
    ...(entrypoint && { entrypoint: entrypoint.texts() }),
    ...(cmd && { cmd: cmd.texts() }),
    ...(env && { env: environment(env) }),
    ...(user && { user: user.text() }),
    ...(cwd && { cwd: absolute(cwd) }),
    ...(labels && { labels: textRecord(labels) }),
    ...(permissions && {
      permissions: permissions.record("an object") && (permissions.value as object as never),
    }),
  };
}

/** A folder is found beside the file. */
function reference(field: Field, folder: string): string {
  const text = field.text("a reference, a folder, or null");
  if (text === "") field.refuse("a reference, a folder, or null");
  return /^[./]/.test(text) ? resolve(folder, text) : text;
}

function layerPlan(field: Field, folder: string): LayerPlan {
  const known = [
    "npm",
    "integrity",
    "path",
    "folder",
    "exclude",
    "files",
    "tar",
    "to",
    "mode",
    "owner",
  ] as const;
  const members = field.members(known);
  const { npm, folder: source, files, tar } = members;
  const kinds = [npm, source, files, tar].filter((kind) => kind !== undefined);
  if (kinds.length !== 1) field.refuse("an object with just one of npm, folder, files and tar");
  const allow = (...names: (typeof known)[number][]) => {
    for (const name of known) {
      const given = members[name];
      if (given && !names.includes(name)) given.refuse(`left out of this kind of layer`);
    }
  };
  const common = { ...ownership(members), to: members.to ? absolute(members.to) : "/" };
  if (npm) {
    allow("npm", "integrity", "path", "to", "mode", "owner");
    const path = members.path?.text() ?? "";
    return { type: "npm", ...common, package: npmPackage(npm, members.integrity), path };
  }
  if (source) {
    allow("folder", "exclude", "to", "mode", "owner");
    const exclude = members.exclude?.texts() ?? [];
    return { type: "folder", ...common, folder: resolve(folder, source.text()), exclude };
  }
  if (tar) {
    allow("tar");
    return { type: "tar", ...ownership(members), tar: resolve(folder, tar.text()) };
  }
  allow("files", "mode", "owner");
  const listed = (files as Field).record("an object of files by path");
  const defaults = ownership(members);
  return {
    type: "files",
    ...defaults,
    files: [...listed].map(([path, file]) => filePlan(path, file, folder, defaults)),
  };
}

function filePlan(path: string, field: Field, folder: string, defaults: Ownership): FilePlan {
  if (!path.startsWith("/")) field.refuse("under an absolute path");
  const place = { path: entryPath(field.name, path), ...defaults };
  if (field.isText) return { ...place, what: { type: "text", text: field.text() } };
  const kinds = ["text", "file", "link", "directory", "remove"] as const;
  const members = field.members([...kinds, "mode", "owner"]);
  const given = kinds.filter((kind) => members[kind] !== undefined);
  const [type] = given;
  if (given.length !== 1 || type === undefined) {
    field.refuse("a text, or an object with just one of text, file, link, directory and remove");
  }
  const value = members[type] as Field;
  const own = ownership(members);
  const owned = { ...place, mode: own.mode ?? defaults.mode, owner: own.owner ?? defaults.owner };
  switch (type) {
    case "text":
      return { ...owned, what: { type, text: value.text() } };
    case "file":
      return { ...owned, what: { type, file: resolve(folder, value.text()) } };
    case "link":
      return { ...owned, what: { type, target: value.text() } };
    case "directory":
    case "remove":
      if (!value.flag()) value.refuse("true");
      return { ...owned, what: { type } };
  }
}

function npmPackage(field: Field, integrity: Field | undefined): NpmPackage {
  const text = field.text("a package and its version, such as left-pad@1.3.0");
  const at = text.lastIndexOf("@");
  const [name, version] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || !PACKAGE.test(name) || !VERSION.test(version)) {
    field.refuse("a package and its exact version, such as left-pad@1.3.0");
  }
  const pinned = integrity?.text();
  if (pinned !== undefined && !INTEGRITY.test(pinned)) {
    integrity?.refuse("a digest as npm writes it, sha512-...");
  }
  return { name, version, integrity: pinned };
}

function ownership({ mode, owner }: { mode?: Field; owner?: Field }): Ownership {
  const digits = mode?.text('octal digits in quotes, such as "0755"');
  if (digits !== undefined && !/^0?[0-7]{3,4}$/.test(digits)) {
    mode?.refuse('octal digits in quotes, such as "0755"');
  }
  const name = owner?.text("USER or USER:GROUP");
  if (name !== undefined && !/^[^:\s]+(:[^:\s]+)?$/.test(name)) owner?.refuse("USER or USER:GROUP");
  return { mode: digits === undefined ? undefined : Number.parseInt(digits, 8), owner: name };
}

function absolute(field: Field): string {
  const text = field.text("an absolute path");
  if (!text.startsWith("/") || text.split("/").includes("..")) field.refuse("an absolute path");
  return entryPath(field.name, text);
}

function environment(field: Field): Record<string, string> {
  const record = textRecord(field);
  for (const name of Object.keys(record)) {
    if (name === "" || name.includes("=")) field.refuse(`without the name ${JSON.stringify(name)}`);
  }
  return record;
}

function textRecord(field: Field): Record<string, string> {
  const record = field.record("an object of strings");
  return Object.fromEntries([...record].map(([name, value]) => [name, value.text()]));
}

function time(field: Field): number {
  const milliseconds = Date.parse(field.text("a time, such as 2026-01-31T00:00:00Z"));
  if (!(milliseconds >= 0)) field.refuse("a time, such as 2026-01-31T00:00:00Z");
  return Math.trunc(milliseconds / 1000);
}
