/** What a machine takes from its image's config where createVm says nothing. */
import type { ImageConfig } from "../images/image.ts";
import type { MachineOptions } from "./protocol.ts";

const USER = "user";
const HOSTNAME = "isopod";

export type FilledOptions = MachineOptions & { readonly user: string; readonly hostname: string };

export function withImageDefaults(
  options: MachineOptions,
  config: ImageConfig | undefined,
): FilledOptions {
  return {
    ...options,
    hostname: options.hostname ?? HOSTNAME,
    user: options.user ?? config?.user ?? USER,
    env: { ...config?.env, ...options.env },
    cwd: options.cwd ?? config?.cwd,
  };
}
