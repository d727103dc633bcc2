import { compareTranscript } from "./compare.ts";

compareTranscript("shell");
