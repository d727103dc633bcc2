/** internalBinding("uv"): names and texts of libuv's errors. */
import type { BindingFactory } from "../environment.ts";
import { uvErrorName, uvErrorText } from "../errors.ts";
import { UV_ERRORS } from "../uv-errors.ts";

export const uv: BindingFactory = () => ({
  errname: uvErrorName,
  getErrorMap: () => new Map(UV_ERRORS.map(([number, name, text]) => [number, [name, text]])),
  getErrorMessage: uvErrorText,
  ...Object.fromEntries(UV_ERRORS.map(([number, name]) => [`UV_${name}`, number])),
});
