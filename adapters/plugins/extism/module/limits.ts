/** How large a module may be in each respect. Go needs the most: 36,670 data segments and 2,129 functions. */
export interface ModuleLimits {
  readonly moduleBytes: number;
  /** With the meter: code of nothing but short loops grows most. */
  readonly meteredBytes: number;
  readonly sections: number;
  readonly types: number;
  /** Of one function, and as many results. */
  readonly parameters: number;
  readonly imports: number;
  readonly functions: number;
  readonly exports: number;
  readonly globals: number;
  readonly bodyBytes: number;
  /** Of one function, its parameters included. */
  readonly locals: number;
  /** Blocks within blocks. */
  readonly nesting: number;
  /** Targets of one `br_table`. */
  readonly branchTargets: number;
  readonly segments: number;
  readonly tables: number;
  readonly tableEntries: number;
  /** Of 64 KiB. */
  readonly memoryPages: number;
}

/** What is taken when nothing else is said. */
export const moduleLimits: ModuleLimits = {
  moduleBytes: 16 * 1024 * 1024,
  meteredBytes: 24 * 1024 * 1024,
  sections: 256,
  types: 4_096,
  parameters: 64,
  imports: 256,
  functions: 40_000,
  exports: 4_096,
  globals: 4_096,
  bodyBytes: 512 * 1024,
  locals: 8_192,
  nesting: 1_024,
  branchTargets: 8_192,
  segments: 100_000,
  tables: 2,
  tableEntries: 65_536,
  memoryPages: 1_024,
};

/** The bytes of one page of a memory. Source: WebAssembly core specification, 4.2.8. */
export const pageBytes = 64 * 1024;
