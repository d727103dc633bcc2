/** The part of @npmcli/config that its published types leave out. */
declare module "@npmcli/config/lib/definitions/index.js" {
  import type Config from "@npmcli/config";

  const npmDefinitions: {
    readonly definitions: Config.DefinitionsObject;
    readonly shorthands: Config.ShortFlags;
    flatten(
      config: Record<string, unknown>,
      flat: Record<string, unknown>,
    ): Record<string, unknown>;
  };
  export default npmDefinitions;
}
