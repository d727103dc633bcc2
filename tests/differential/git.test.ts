import { compareTranscript } from "./compare.ts";

compareTranscript("git");
