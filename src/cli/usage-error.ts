/** A command line that cannot be run: told in a few words, without a stack, with status 2. */
export class UsageError extends Error {}
