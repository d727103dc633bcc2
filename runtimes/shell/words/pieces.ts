/** A word ready to be expanded: what the parser read, in the order and the form that expansion needs. */
import type { ParsedScript } from "unbash";
import type { RemoveOperator, SubstituteOperator } from "../pattern/substitute.ts";

export type Piece =
  | TextPiece
  | TildePiece
  | QuotesPiece
  | ParameterPiece
  | CommandPiece
  | ArithmeticPiece
  | ProcessPiece;

/** Text of the script. Quoted: no character of it is special. */
export interface TextPiece {
  readonly kind: "text";
  readonly text: string;
  readonly quoted: boolean;
}

/** `~`, `~user`, `~+`: `user` is what follows the tilde. */
export interface TildePiece {
  readonly kind: "tilde";
  readonly user: string;
  /** In an argument that only looks like an assignment: not in posix mode. */
  readonly isExtension: boolean;
}

/** What stands between quotes. It makes a field even where it is empty, but for a lone empty "$@". */
export interface QuotesPiece {
  readonly kind: "quotes";
  readonly pieces: readonly Piece[];
  /** "$@" or "${a[@]}" stands right in it. */
  readonly hasList: boolean;
}

export interface ParameterPiece {
  readonly kind: "parameter";
  /** As written: for error messages. */
  readonly text: string;
  readonly name: string;
  readonly prefix: "!" | "#" | undefined;
  readonly index: Index | undefined;
  readonly operation: Operation | undefined;
  readonly quoted: boolean;
}

/** All elements, or the word that is evaluated to one element's key. */
export type Index = "@" | "*" | WordPieces;

export interface WordPieces {
  readonly text: string;
  readonly pieces: readonly Piece[];
}

export type Operation =
  | {
      readonly kind: "default";
      readonly operator: "-" | ":-" | "=" | ":=" | "+" | ":+" | "?" | ":?";
      readonly operand: WordPieces;
    }
  | { readonly kind: "remove"; readonly operator: RemoveOperator; readonly operand: WordPieces }
  | {
      readonly kind: "replace";
      readonly operator: SubstituteOperator;
      readonly pattern: WordPieces;
      readonly replacement: WordPieces;
    }
  | { readonly kind: "slice"; readonly offset: WordPieces; readonly length: WordPieces | undefined }
  | {
      readonly kind: "case";
      /** `~` swaps upper and lower. */
      readonly operator: "^" | "^^" | "," | ",," | "~" | "~~";
      readonly operand: WordPieces | undefined;
    }
  | { readonly kind: "transform"; readonly operator: string }
  | { readonly kind: "names"; readonly operator: "@" | "*" }
  | { readonly kind: "unknown" };

/** A script inside a word. */
export interface NestedScript {
  readonly script: ParsedScript;
  /** The text that its positions index, where that is not the text that runs. */
  readonly ownText: string | undefined;
}

export interface CommandPiece extends NestedScript {
  readonly kind: "command";
  /** In backquotes, whose errors show only when they run. */
  readonly isBackquoted: boolean;
  readonly quoted: boolean;
}

export interface ArithmeticPiece {
  readonly kind: "arithmetic";
  readonly expression: string;
  readonly quoted: boolean;
}

export interface ProcessPiece extends NestedScript {
  readonly kind: "process";
  readonly direction: "<" | ">";
}
