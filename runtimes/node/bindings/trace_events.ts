/** internalBinding("trace_events"): no category is ever on. */
import type { BindingFactory } from "../environment.ts";
import { refused } from "../errors.ts";

export const traceEvents: BindingFactory = () => {
  const enabled = new Uint8Array(1);
  return {
    available: false,
    getEnabledCategories: () => undefined,
    setTraceCategoryStateUpdateHandler() {},
    getCategoryEnabledBuffer: () => enabled,
    isTraceCategoryEnabled: () => false,
    trace() {},
    setLog() {},
    CategorySet: class CategorySet {
      constructor() {
        throw refused("Tracing", "guests have no trace agent");
      }
    },
  };
};
