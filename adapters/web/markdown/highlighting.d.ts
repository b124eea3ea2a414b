/** As much of highlight.js as is used here. */
export interface Highlighter {
  /** `undefined`: it hasn't been registered. */
  getLanguage(name: string): unknown;
  /** Teaches it a language. */
  registerLanguage(name: string, language: Language): void;
  /** Code as HTML: escaped, with its parts in `span` elements that have a class. */
  highlight(code: string, options: { readonly language: string; readonly ignoreIllegals: boolean }): {
    readonly value: string;
  };
}

/** The grammar of a language. */
export type Language = (highlighter: Highlighter) => unknown;

/** What colours code. It knows no language yet. */
export function loadHighlighter(): Promise<Highlighter>;

/** Each language is loaded with the first answer that has some of it. */
export const languageLoaders: Readonly<Record<LanguageName, () => Promise<{ readonly default: Language }>>>;

/** The languages that there are. */
export type LanguageName =
  | "bash"
  | "c"
  | "cpp"
  | "csharp"
  | "css"
  | "diff"
  | "dockerfile"
  | "go"
  | "ini"
  | "java"
  | "javascript"
  | "json"
  | "kotlin"
  | "lua"
  | "makefile"
  | "markdown"
  | "php"
  | "powershell"
  | "python"
  | "ruby"
  | "rust"
  | "sql"
  | "swift"
  | "typescript"
  | "xml"
  | "yaml";
