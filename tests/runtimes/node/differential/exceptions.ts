/**
 * Scenarios in which a machine does not say what Node 22 says, by title, each with what differs. One that
 * agrees by now is stale and fails.
 */
const THROWN = "where a value that is no error was thrown is not known";
const FRAMES = "a frame is missing, or has another name";
const SYNTAX =
  "the parser of modules words syntax errors in its own way, and V8 counts lines in another";

export const EXCEPTIONS: Readonly<Record<string, string>> = {
  "options from the environment": "options of V8 in NODE_OPTIONS do nothing",
  "a file to come first that is not there": FRAMES,
  "an exit status that is no number": "an error that lib/ makes and throws elsewhere",
  "a top-level await that never ends": "does not say which await it is",
  "what can be listed: built-in modules and globals": "our V8 is newer and has more globals",
  "a syntax error in a required file": SYNTAX,
  "an invalid regular expression": SYNTAX,
  "circular requires: the part that is there":
    "showing exports that are not complete asks for one name more",
  "a throw that is no error": THROWN,
  "a throw of null": THROWN,
  "a throw of undefined": THROWN,
  "a throw of a string": THROWN,
  "a throw of a symbol": THROWN,
  "an error whose stack was taken away": THROWN,
  "a rejection that is handled late": "rejectionHandled is not emitted",
  "where an uncaught error was thrown": "the trace of the throw is that of the error",
  "a source map is followed": "the line of the original source is not shown",
  "warnings can be silenced, deprecations thrown": "a deprecation is thrown where it is made",
  "bindings are live": "assigning to a namespace fails in other words",
  "what a context carries": "a bound resource inside of exit() has its store",
  "hooks of resources": "async_hooks hears of no promises",
  "fork, and messages": "exit comes before disconnect",
  "the environment": "TZ is not heeded",
};

/** The same of packages. */
export const PACKAGE_EXCEPTIONS: Readonly<Record<string, string>> = {};
