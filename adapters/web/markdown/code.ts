import { type Highlighter, languageLoaders, type LanguageName, loadHighlighter } from "./highlighting.js";

/** Words that a block of code shows around it. */
export interface CodeWords {
  /** On the button that copies the code. */
  readonly copyCode: string;
  /** The label of code without a language. */
  readonly code: string;
}

/** Longer code is shown plain: colouring it again at each step of an answer would take more than a moment. */
const colouredLengthMax = 20_000;

interface Language {
  readonly label: string;
  readonly aliases: readonly string[];
}

/** Languages that are coloured, by the name that highlight.js has for them. */
const languages: Readonly<Record<LanguageName, Language>> = {
  bash: { label: "Shell", aliases: ["sh", "shell", "zsh", "console"] },
  c: { label: "C", aliases: ["h"] },
  cpp: { label: "C++", aliases: ["c++", "cc", "cxx", "hpp", "arduino"] },
  csharp: { label: "C#", aliases: ["c#", "cs"] },
  css: { label: "CSS", aliases: [] },
  diff: { label: "Diff", aliases: ["patch"] },
  dockerfile: { label: "Dockerfile", aliases: ["docker", "containerfile"] },
  go: { label: "Go", aliases: ["golang"] },
  ini: { label: "INI", aliases: ["toml", "conf"] },
  java: { label: "Java", aliases: [] },
  javascript: { label: "JavaScript", aliases: ["js", "jsx", "mjs", "node"] },
  json: { label: "JSON", aliases: ["json5", "jsonc"] },
  kotlin: { label: "Kotlin", aliases: ["kt"] },
  lua: { label: "Lua", aliases: [] },
  makefile: { label: "Makefile", aliases: ["make", "mk"] },
  markdown: { label: "Markdown", aliases: ["md"] },
  php: { label: "PHP", aliases: [] },
  powershell: { label: "PowerShell", aliases: ["ps1", "pwsh"] },
  python: { label: "Python", aliases: ["py", "python3"] },
  ruby: { label: "Ruby", aliases: ["rb"] },
  rust: { label: "Rust", aliases: ["rs"] },
  sql: { label: "SQL", aliases: ["mysql", "postgresql", "sqlite"] },
  swift: { label: "Swift", aliases: [] },
  typescript: { label: "TypeScript", aliases: ["ts", "tsx", "mts"] },
  xml: { label: "XML", aliases: ["html", "xhtml", "svg", "vue"] },
  yaml: { label: "YAML", aliases: ["yml"] },
};

/** Labels of aliases that are languages of their own to whoever reads them. */
const aliasLabels: Readonly<Record<string, string>> = {
  toml: "TOML",
  html: "HTML",
  svg: "SVG",
  jsx: "JSX",
  tsx: "TSX",
};

const byAlias = new Map(
  (Object.entries(languages) as [LanguageName, Language][]).flatMap(([name, { aliases }]) =>
    [name, ...aliases].map((alias) => [alias, name] as const)
  ),
);
const fence = /^[ \t>*+\-\d.]*(?:`{3,}|~{3,})[ \t]*([\w+#-]+)/gm;

let highlighter: Highlighter | undefined;

/** Loads what the blocks of code in a text are coloured by, as far as it isn't there yet. */
export async function loadLanguages(markdown: string): Promise<void> {
  const wanted = new Set<LanguageName>();
  for (const [, label = ""] of markdown.matchAll(fence)) {
    const name = byAlias.get(label.toLowerCase());
    if (name !== undefined && highlighter?.getLanguage(name) === undefined) wanted.add(name);
  }
  if (wanted.size === 0) return;
  highlighter ??= await loadHighlighter();
  for (const name of wanted) highlighter.registerLanguage(name, (await languageLoaders[name]()).default);
}

/** A block of code: its language, a button that copies it, and the code, coloured as far as it can be. */
export function codeBlock(
  { source, info, words, escape }: {
    readonly source: string;
    /** What stands behind the fence. */
    readonly info: string;
    readonly words: CodeWords;
    readonly escape: (text: string) => string;
  },
): string {
  const [label = ""] = info.trim().split(/\s+/, 1);
  const name = byAlias.get(label.toLowerCase());
  const isColoured = name !== undefined && highlighter?.getLanguage(name) !== undefined &&
    source.length <= colouredLengthMax;
  const code = isColoured
    ? highlighter!.highlight(source, { language: name!, ignoreIllegals: true }).value
    : escape(source);
  const shown = aliasLabels[label.toLowerCase()] ?? (name === undefined ? label || words.code : languages[name].label);
  const button = `<button type="button" class="copy" data-copy-code>${escape(words.copyCode)}</button>`;
  return `<figure class="code"><figcaption><span>${escape(shown)}</span>${button}</figcaption>` +
    `<pre tabindex="0"><code>${code}</code></pre></figure>\n`;
}
