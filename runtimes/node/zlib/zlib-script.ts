/** What hosts without compression need: a script of its own, compiled when a stream needs it (lazy.ts). */
import { PakoEngine } from "./pako-engine.ts";

declare const register: (part: ZlibPart) => void;

export interface ZlibPart {
  readonly PakoEngine: typeof PakoEngine;
}

register({ PakoEngine });
