/** Node's per-isolate symbols (env_properties.h): those that JavaScript sees, and private ones. */

const PRIVATE = [
  "arrow_message_private_symbol",
  "contextify_context_private_symbol",
  "decorated_private_symbol",
  "transfer_mode_private_symbol",
  "host_defined_option_symbol",
  "js_transferable_wrapper_private_symbol",
  "entry_point_module_private_symbol",
  "entry_point_promise_private_symbol",
  "module_source_private_symbol",
  "module_export_names_private_symbol",
  "module_circular_visited_private_symbol",
  "module_export_private_symbol",
  "module_first_parent_private_symbol",
  "module_last_parent_private_symbol",
  "napi_type_tag",
  "napi_wrapper",
  "untransferable_object_private_symbol",
  "exit_info_private_symbol",
  "promise_trace_id",
  "source_map_data_private_symbol",
] as const;

const PUBLIC = [
  "fs_use_promises_symbol",
  "async_id_symbol",
  "constructor_key_symbol",
  "handle_onclose",
  "no_message_symbol",
  "messaging_deserialize_symbol",
  "imported_cjs_symbol",
  "messaging_transfer_symbol",
  "messaging_clone_symbol",
  "messaging_transfer_list_symbol",
  "oninit",
  "owner_symbol",
  "onpskexchange",
  "resource_symbol",
  "trigger_async_id_symbol",
  "source_text_module_default_hdo",
  "vm_context_no_contextify",
  "vm_dynamic_import_default_internal",
  "vm_dynamic_import_main_context_default",
  "vm_dynamic_import_missing_flag",
  "vm_dynamic_import_no_callback",
] as const;

export type PrivateSymbols = Readonly<Record<(typeof PRIVATE)[number], symbol>>;
export type PerIsolateSymbols = Readonly<Record<(typeof PUBLIC)[number], symbol>>;

/** `make` is the engine's: symbols that no reflection shows, where it has such. */
export function privateSymbols(make: (name: string) => symbol): PrivateSymbols {
  return Object.fromEntries(PRIVATE.map((name) => [name, make(`node:${name}`)])) as PrivateSymbols;
}

export function perIsolateSymbols(): PerIsolateSymbols {
  return Object.fromEntries(PUBLIC.map((name) => [name, Symbol(name)])) as PerIsolateSymbols;
}
