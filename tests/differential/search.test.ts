import { compareTranscript } from "./compare.ts";

compareTranscript("search");
