import { compareTranscript } from "./compare.ts";

compareTranscript("text");
