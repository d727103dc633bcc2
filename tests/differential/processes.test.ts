import { compareTranscript } from "./compare.ts";

compareTranscript("processes");
