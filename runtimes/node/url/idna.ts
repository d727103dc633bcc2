/** The mapping of domains, as its script offers it (idna-script.ts), compiled when it is first used. */
import type { Environment } from "../environment.ts";

export interface Idna {
  toAscii(domain: string): string | undefined;
  toUnicode(domain: string): string;
}

/** The script's place among the texts that come with lib/. */
const ID = "isopod/idna";

const made = new WeakMap<Environment, Idna>();

/** The one of a process. */
export function idnaOf(env: Environment): Idna {
  let idna = made.get(env);
  if (!idna) made.set(env, (idna = lazyIdna(env)));
  return idna;
}

function lazyIdna(env: Environment): Idna {
  let idna: Idna | undefined;
  const load = (): Idna => {
    const { engine, library } = env;
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
