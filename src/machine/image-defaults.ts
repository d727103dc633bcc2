/** What a machine takes from its image's config where createVm says nothing. */
import type { ImageConfig } from "../images/image.ts";
import type { MachineOptions } from "./protocol.ts";

const USER = "user";

export function withImageDefaults(
  options: MachineOptions,
  config: ImageConfig | undefined,
): MachineOptions & { readonly user: string } {
  return {
    ...options,
    user: options.user ?? config?.user ?? USER,
    env: { ...config?.env, ...options.env },
    cwd: options.cwd ?? config?.cwd,
  };
}
