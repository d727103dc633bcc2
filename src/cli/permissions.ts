/** `--allow-net` and its like: from flags to permissions. A wrong one is told with its flag. */
import { IsopodError } from "../errors.ts";
import { normalizePermissions, type Permissions } from "../options/permissions.ts";
import { UsageError } from "./usage-error.ts";

export const PERMISSION_OPTIONS = {
  "allow-net": { type: "string", multiple: true },
  "deny-net": { type: "string", multiple: true },
  "allow-run": { type: "string", multiple: true },
  "deny-run": { type: "string", multiple: true },
  "allow-env": { type: "string", multiple: true },
  "read-only": { type: "string", multiple: true },
  hide: { type: "string", multiple: true },
} as const;

export type PermissionValues = {
  readonly [Flag in keyof typeof PERMISSION_OPTIONS]?: string[] | undefined;
};

/** These mean everything where they have no value. */
const MAY_STAND_ALONE = ["--allow-net", "--deny-net", "--allow-env", "--deny-run"];

/** For parseArgs, which knows no option that may or may not have a value. */
export function withWholeFlags(args: readonly string[]): string[] {
  return args.map((arg) => (MAY_STAND_ALONE.includes(arg) ? `${arg}=*` : arg));
}

/** What is denied comes last, so that it decides; undefined where no flag was given. */
export function permissionsOf(values: PermissionValues): Permissions | undefined {
  if (!Object.keys(PERMISSION_OPTIONS).some((flag) => flag in values)) return undefined;
  const network = [
    ...rules(values, "allow-net", (rule) => ({ network: [rule] })).map((rule) => ({ allow: rule })),
    ...rules(values, "deny-net", (rule) => ({ network: [rule] })).map((rule) => ({ deny: rule })),
  ];
  const processes = [
    ...rules(values, "allow-run", (rule) => ({ processes: [rule] })).map((rule) => ({
      allow: rule,
    })),
    ...rules(values, "deny-run", (rule) => ({ processes: [rule] })).map((rule) => ({ deny: rule })),
  ];
  const fs = [...sealed(values, "read-only", "read"), ...sealed(values, "hide", "none")];
  const env = rules(values, "allow-env", (name) => ({ env: [name] }));
  const permissions: Permissions = {
    ...(network.length > 0 && { network }),
    ...(processes.length > 0 && { processes }),
    ...(env.length > 0 && { env }),
    ...(fs.length > 0 && { fs }),
  };
  check("permissions", permissions);
  return permissions;
}

function sealed(values: PermissionValues, flag: "read-only" | "hide", access: "read" | "none") {
  const paths = rules(values, flag, (path) => ({ fs: [{ path, access }] }));
  return paths.map((path) => ({ path, access }));
}

/** The rules of one flag, each of which would be one by itself. */
function rules(
  values: PermissionValues,
  flag: keyof PermissionValues,
  alone: (rule: string) => Permissions,
): string[] {
  const found = (values[flag] ?? []).flatMap(split);
  for (const rule of found) check(`--${flag}=${rule}`, alone(rule));
  return found;
}

/** At commas, but for those between ports or methods. */
function split(text: string): string[] {
  return text.split(/,(?!\d+(?:-\d+)?(?:,|$))(?<![A-Z],(?=[A-Z]+[ ,]))/);
}

function check(flag: string, permissions: Permissions): void {
  try {
    normalizePermissions("isopod", permissions);
  } catch (error) {
    if (!(error instanceof IsopodError)) throw error;
    throw new UsageError(
      `${flag}: ${error.message.replace(/^isopod: permissions\.\w+(?:\[\d+\])?(?:\.\w+)? must/, "it must")}`,
    );
  }
}
