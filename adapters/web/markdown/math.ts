import type markdownIt from "markdown-it";

/** Longest formula, in characters: what is longer stays text. Also bounds the search for its end. */
const formulaLengthMax = 2_000;

type ToMathMl = (tex: string, options: { readonly displayMode: boolean }) => string;
let toMathMl: ToMathMl | undefined;

/** Loads what formulas are read by, if a text may have one and it isn't there yet. */
export async function loadMath(markdown: string): Promise<void> {
  if (toMathMl !== undefined || !/\$|\\[(\[]/.test(markdown)) return;
  const { default: temml } = await import("temml");
  toMathMl = (tex, { displayMode }) =>
    temml.renderToString(tex, { displayMode, throwOnError: true, trust: false, annotate: false, maxExpand: 100 });
}

/**
 * Formulas between `$ $`, `$$ $$`, `\( \)` and `\[ \]` as MathML, which browsers show by themselves. A formula that
 * can't be read is shown as it was written. With `env.isLive`, one without an end is expected to be still growing.
 */
export function mathRules(markdown: ReturnType<typeof markdownIt>): void {
  const { escapeHtml } = markdown.utils;

  markdown.inline.ruler.before("escape", "math", (state, silent) => {
    const found = inlineFormula(state.src, state.pos);
    if (found === undefined) return false;
    if (!silent) {
      const token = state.push("math_inline", "math", 0);
      token.content = found.tex;
      token.meta = { display: found.display };
    }
    state.pos = found.end;
    return true;
  });

  markdown.block.ruler.before("fence", "math", (state, startLine, endLine, silent) => {
    if (state.sCount[startLine]! - state.blkIndent >= 4) return false;
    const line = (at: number) => state.src.slice(state.bMarks[at]! + state.tShift[at]!, state.eMarks[at]);
    const first = line(startLine);
    const close = first.startsWith("$$") ? "$$" : first.startsWith("\\[") ? "\\]" : undefined;
    if (close === undefined) return false;
    let tex = "";
    for (let at = startLine; at < endLine && tex.length <= formulaLengthMax; at++) {
      const text = at === startLine ? first.slice(2) : line(at);
      const end = text.indexOf(close);
      if (end < 0) {
        tex += `${text}\n`;
        continue;
      }
      if (text.slice(end + 2).trim() !== "") return false;
      return push(`${tex}${text.slice(0, end)}`, at + 1);
    }
    return state.env?.isLive === true && tex.length <= formulaLengthMax && push(undefined, endLine);

    /** `tex` is undefined as long as the formula has no end. */
    function push(tex: string | undefined, nextLine: number): boolean {
      if (silent) return true;
      const token = state.push("math_block", "math", 0);
      token.block = true;
      token.map = [startLine, nextLine];
      token.content = tex ?? state.getLines(startLine, nextLine, 0, false);
      token.meta = { isOpen: tex === undefined };
      state.line = nextLine;
      return true;
    }
  }, { alt: ["paragraph", "blockquote", "list"] });

  markdown.renderer.rules.math_inline = (tokens, index) => {
    const { content, meta } = tokens[index]!;
    return formula(content, meta?.display === true) ?? `<code>${escapeHtml(content)}</code>`;
  };
  markdown.renderer.rules.math_block = (tokens, index) => {
    const { content, meta } = tokens[index]!;
    const shown = meta?.isOpen === true ? undefined : formula(content, true);
    return `<div class="math" tabindex="0">${shown ?? `<code>${escapeHtml(content.trim())}</code>`}</div>\n`;
  };
}

/** The formula that begins at `start`, if one does. A lone `$` counts only where no price could stand. */
function inlineFormula(
  text: string,
  start: number,
): { readonly tex: string; readonly end: number; readonly display: boolean } | undefined {
  const sign = text[start];
  if (sign !== "$" && sign !== "\\") return undefined;
  const open = ["$$", "\\(", "\\["].find((open) => text.startsWith(open, start)) ?? (sign === "$" ? "$" : undefined);
  if (open === undefined) return undefined;
  const close = { "$$": "$$", "\\(": "\\)", "\\[": "\\]", "$": "$" }[open]!;
  const from = start + open.length;
  const within = text.slice(from, from + formulaLengthMax + close.length);
  for (let at = within.indexOf(close); at >= 0; at = within.indexOf(close, at + 1)) {
    if (open.startsWith("$") && within[at - 1] === "\\") continue;
    const tex = within.slice(0, at);
    const end = from + at + close.length;
    const isPrice = open === "$" && (/^\s|\s$/.test(tex) || /\d/.test(text[end] ?? ""));
    return tex.trim() === "" || isPrice ? undefined : { tex, end, display: open === "$$" || open === "\\[" };
  }
  return undefined;
}

/** MathML elements and attributes that a formula may have; everything else is left out. */
const elements = new Set(
  ("math mi mn mo ms mspace mtext menclose merror mfrac mpadded mphantom mroot mrow msqrt mstyle mmultiscripts mover " +
    "mprescripts msub msubsup msup munder munderover mtable mtd mtr").split(" "),
);
const attributes = new Set(
  ("accent accentunder class columnalign columnlines columnspan depth display displaystyle fence form height linethickness " +
    "lspace mathvariant maxsize minsize movablelimits notation rowspan rspace scriptlevel separator stretchy symmetric " +
    "voffset width").split(" "),
);

function formula(tex: string, displayMode: boolean): string | undefined {
  try {
    return toMathMl?.(tex, { displayMode }).replace(/<(\/?)([\w-]+)([^>]*)>/g, (_tag, slash, name, rest) => {
      if (!elements.has(name)) return "";
      const kept = [...String(rest).matchAll(/\s([\w-]+)="([^"<>]*)"/g)].filter(([, key]) => attributes.has(key!));
      return `<${slash}${name}${kept.map(([, key, value]) => ` ${key}="${value}"`).join("")}>`;
    });
  } catch {
    return undefined;
  }
}
