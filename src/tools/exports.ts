/** The public names of tools, on every host. */
export {
  type JsonSchemaObject,
  type Tool,
  type ToolContext,
  type ToolDefinition,
  type ToolGroup,
  type ToolSchema,
  tool,
} from "./tool.ts";
