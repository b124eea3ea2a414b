/** The plugins that come with the program, by name. Each is known only where it is installed, and granted nothing. */
export const bundledPlugins = ["calculator", "http_status", "machine", "table", "template", "units"] as const;

/** One of them. */
export type BundledPlugin = typeof bundledPlugins[number];
