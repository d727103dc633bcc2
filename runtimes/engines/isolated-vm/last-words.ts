/** What a Node process says on its standard error when it cannot go on, before it dies by SIGABRT. */

const HEAP_IS_FULL =
  "\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n";
/** What isolated-vm says of an isolate that it ended for its heap, or that V8 gave up. */
const OUT_OF_MEMORY = /memory limit|out-of-memory/;
const BOUNDARY = /\n\s+at \(<isolated-vm boundary>\)[\s\S]*$/;

export function lastWords(reason: unknown): string {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  if (OUT_OF_MEMORY.test(text)) return HEAP_IS_FULL;
  return `\nFATAL ERROR: an exception left the event loop\n${programFrames(text)}\n`;
}

/** A stack without the host's frames, which are no program's business; all of it may be the host's. */
export function programFrames(stack: string): string {
  return BOUNDARY.test(stack) ? stack.replace(BOUNDARY, "") : stack.replace(/\n\s+at [\s\S]*$/, "");
}
