/** What the host's one function does, by its first argument (node-interpreter.ts), as its guest asks it (node-guest). */
export type AskHost = (what: number, ...args: unknown[]) => unknown;

export const Host = {
  Call: 0,
  RunJobs: 1,
  Source: 2,
  /** Source, name, number of the context (-1: the first), milliseconds that it may take (-1: any). */
  Compile: 3,
  TakeRejection: 4,
  PromiseState: 5,
  PromiseResult: 6,
  NewContext: 7,
} as const;
