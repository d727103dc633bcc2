/** IFS, taken apart. Pure. */

/** Blanks among the separators merge; each of the others ends a field of its own (POSIX 2.6.5). */
export class Separators {
  /** What joins the elements of "$*". */
  readonly first: string;
  readonly #blanks: string;
  readonly #others: string;
  readonly #any: RegExp | undefined;

  /** `ifs` undefined: IFS is unset. */
  constructor(ifs: string | undefined) {
    const characters = ifs ?? " \t\n";
    this.first = [...characters][0] ?? "";
    this.#blanks = [...characters].filter((one) => " \t\n".includes(one)).join("");
    this.#others = [...characters].filter((one) => !" \t\n".includes(one)).join("");
    this.#any = characters === "" ? undefined : new RegExp(`[${escapeForClass(characters)}]`, "u");
  }

  isBlank(character: string): boolean {
    return this.#blanks.includes(character);
  }

  isOther(character: string): boolean {
    return this.#others.includes(character);
  }

  isIn(text: string): boolean {
    return this.#any?.test(text) ?? false;
  }
}

function escapeForClass(characters: string): string {
  return characters.replace(/[\\\]^-]/gu, "\\$&");
}
