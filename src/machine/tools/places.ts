/** Where the files are by which programs of a machine find its tools. */

/** A command for each tool. */
export const COMMANDS = "/usr/local/bin";
/** What tells of all of them; taken away last. */
export const ABOUT = "/usr/local/lib/isopod";
