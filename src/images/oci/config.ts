/** What an image's config says about machines, in our words, and the other way round. */
import type { ImageConfig } from "../image.ts";
import { imageError } from "./digest.ts";
import { Annotation, type ConfigDocument } from "./manifest.ts";

/** How the platform is named in configs: Linux's interfaces, WebAssembly's machine. */
export const PLATFORM = { architecture: "wasm", os: "linux" } as const;

export function readConfig(where: string, { config = {} }: ConfigDocument): ImageConfig {
  const { [Annotation.permissions]: permissions, ...labels } = config.Labels ?? {};
  return {
    // Docker names a group behind a colon; a machine's user brings its own.
    user: config.User?.split(":")[0] || undefined,
    env: Object.fromEntries((config.Env ?? []).map((entry) => variable(where, entry))),
    cwd: config.WorkingDir || undefined,
    entrypoint: config.Entrypoint ?? [],
    cmd: config.Cmd ?? [],
    labels,
    permissions: permissions === undefined ? {} : parsePermissions(where, permissions),
  };
}

export function writeConfig(image: ImageConfig): NonNullable<ConfigDocument["config"]> {
  const { user, env, cwd, entrypoint, cmd, permissions } = image;
  const asked = Object.keys(permissions).length > 0;
  const labels = asked
    ? { ...image.labels, [Annotation.permissions]: JSON.stringify(permissions) }
    : image.labels;
  return {
    ...(user === undefined ? {} : { User: user }),
    ...(isEmpty(env) ? {} : { Env: Object.entries(env).map(([k, v]) => `${k}=${v}`) }),
    ...(entrypoint.length === 0 ? {} : { Entrypoint: entrypoint }),
    ...(cmd.length === 0 ? {} : { Cmd: cmd }),
    ...(cwd === undefined ? {} : { WorkingDir: cwd }),
    ...(isEmpty(labels) ? {} : { Labels: labels }),
  };
}

function variable(where: string, entry: string): [string, string] {
  const at = entry.indexOf("=");
  if (at < 1 || entry.includes("\0")) throw imageError(where, `Env holds ${JSON.stringify(entry)}`);
  return [entry.slice(0, at), entry.slice(at + 1)];
}

function parsePermissions(where: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Told below.
  }
  throw imageError(where, `the label ${Annotation.permissions} holds no JSON object`);
}

function isEmpty(record: Readonly<Record<string, string>>): boolean {
  return Object.keys(record).length === 0;
}
