/** The mapping of domains, as its script offers it (idna-script.ts), compiled when it is first used. */
import type { Environment } from "../environment.ts";

export interface Idna {
  toAscii(domain: string): string | undefined;
  toUnicode(domain: string): string;
}

/** The script's place among the texts that come with lib/. */
const ID = "isopod/idna";

export function lazyIdna({ engine, library }: Pick<Environment, "engine" | "library">): Idna {
  let idna: Idna | undefined;
  const load = (): Idna => {
    const run = engine.compileFunction(library.source(ID), ID, ["register"]);
    run(((made: Idna) => {
      idna = made;
    }) as never);
    return idna as Idna;
  };
  return {
    toAscii: (domain) => (idna ?? load()).toAscii(domain),
    toUnicode: (domain) => (idna ?? load()).toUnicode(domain),
  };
}
