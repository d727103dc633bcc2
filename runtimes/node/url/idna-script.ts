/**
 * Domains that are not ASCII: a script of its own, since its tables are large and few programs meet such a
 * domain. It is compiled when one does (idna.ts). https://unicode.org/reports/tr46/
 */
// @ts-expect-error: the package has no types
import tr46 from "tr46";
import type { Idna } from "./idna.ts";

declare const register: (idna: Idna) => void;

const OPTIONS = { checkBidi: true, checkJoiners: true };

register({
  toAscii: (domain) => tr46.toASCII(domain, OPTIONS) ?? undefined,
  toUnicode: (domain) => tr46.toUnicode(domain, OPTIONS).domain,
});
