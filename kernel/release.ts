/** What the kernel says of itself: uname(2), /proc/version, /proc/sys/kernel. */

export const SYSNAME = "Linux";
/** The Linux whose calls are kept to, as programs compare it. */
export const RELEASE = "6.12.0-isopod";
export const VERSION = "#1 Isopod";
/** What programs that ask for it do with it is to choose native code; only this one would run. */
export const MACHINE = "wasm32";
export const DOMAIN_NAME = "(none)";
