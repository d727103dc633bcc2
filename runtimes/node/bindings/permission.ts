/** internalBinding("permission"): Node's own permission model is off; the machine's is the kernel's. */
import type { BindingFactory } from "../environment.ts";

export const permission: BindingFactory = () => ({ has: () => true });
