/** The Worker, its machines with tools. */
import { type EdgeEnv, handle, IsopodMachine as Machine, tool } from "isopod/edge";

export class IsopodMachine extends Machine {
  protected override tools() {
    return {
      weather: tool({
        description: "The weather in a city.",
        input: {
          type: "object",
          properties: {
            city: { type: "string" },
            days: { type: "integer", maximum: 7, default: 1 },
          },
          required: ["city"],
        },
        run: ({ city, days }) => ({ city, days, degrees: 21 }),
      }),
      count: tool({
        description: "Counts",
        async *run() {
          for (let i = 0; i < 3; i++) yield { i };
        },
      }),
      machine: tool({ description: "Asks for its machine", run: (_, { vm }) => vm.processes() }),
    };
  }
}

export default {
  fetch: (request: Request, env: EdgeEnv) => handle(request, env),
};
