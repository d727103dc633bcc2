/**
 * The WebAssembly JavaScript API, as far as we use it. TypeScript ships these types only inside its
 * DOM and Worker libraries, which would let host globals into code that must not see them.
 * https://webassembly.github.io/spec/js-api/
 */
declare namespace WebAssembly {
  type ImportExportKind = "function" | "global" | "memory" | "table" | "tag";
  type ExportedFunction = (...args: never[]) => unknown;
  type ExportValue = ExportedFunction | Global | Memory | Table;
  type Exports = Record<string, ExportValue>;
  type Imports = Record<string, Record<string, ExportValue | number>>;

  interface MemoryDescriptor {
    initial: number;
    maximum?: number;
    shared?: boolean;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  const Memory: { prototype: Memory; new (descriptor: MemoryDescriptor): Memory };

  interface TableDescriptor {
    element: "anyfunc" | "externref";
    initial: number;
    maximum?: number;
  }
  interface Table {
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value?: unknown): void;
    grow(delta: number, value?: unknown): number;
  }
  const Table: { prototype: Table; new (descriptor: TableDescriptor, value?: unknown): Table };

  interface GlobalDescriptor {
    value: "i32" | "i64" | "f32" | "f64" | "externref" | "anyfunc";
    mutable?: boolean;
  }
  interface Global {
    value: unknown;
    valueOf(): unknown;
  }
  const Global: { prototype: Global; new (descriptor: GlobalDescriptor, value?: unknown): Global };

  interface ModuleExportDescriptor {
    name: string;
    kind: ImportExportKind;
  }
  interface ModuleImportDescriptor extends ModuleExportDescriptor {
    module: string;
  }
  // biome-ignore lint/suspicious/noEmptyInterface: opaque in the specification too.
  interface Module {}
  const Module: {
    prototype: Module;
    new (bytes: ArrayBufferLike | ArrayBufferView): Module;
    customSections(module: Module, name: string): ArrayBuffer[];
    exports(module: Module): ModuleExportDescriptor[];
    imports(module: Module): ModuleImportDescriptor[];
  };

  interface Instance {
    readonly exports: Exports;
  }
  const Instance: { prototype: Instance; new (module: Module, imports?: Imports): Instance };

  interface CompileError extends Error {}
  const CompileError: { prototype: CompileError; new (message?: string): CompileError };
  interface LinkError extends Error {}
  const LinkError: { prototype: LinkError; new (message?: string): LinkError };
  interface RuntimeError extends Error {}
  const RuntimeError: { prototype: RuntimeError; new (message?: string): RuntimeError };

  /** JavaScript promise integration: https://github.com/WebAssembly/js-promise-integration */
  const Suspending: { new (imported: (...args: never[]) => unknown): ExportedFunction };
  function promising(exported: ExportedFunction): (...args: unknown[]) => Promise<unknown>;

  function compile(bytes: ArrayBufferLike | ArrayBufferView): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
  function validate(bytes: ArrayBufferLike | ArrayBufferView): boolean;
}
