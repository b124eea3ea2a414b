/**
 * What stands in the page's conversation that no message may bring, as a list of sentences; empty: nothing.
 */
(() => {
  const list = (words) => new Set(words.split(" ").filter((word) => word !== ""));
  /** Every element that an answer may bring, with its attributes. */
  const html = {
    p: "",
    em: "",
    strong: "",
    s: "",
    code: "class",
    ul: "dir",
    ol: "dir start",
    li: "",
    blockquote: "",
    hr: "",
    br: "",
    h3: "",
    h4: "",
    h5: "",
    h6: "",
    pre: "tabindex",
    div: "class tabindex",
    table: "",
    thead: "",
    tbody: "",
    tr: "",
    th: "class",
    td: "class",
    a: "href rel target title",
    figure: "class",
    figcaption: "",
    span: "class",
    button: "type class data-copy-code",
  };
  const math = list(
    "math mi mn mo ms mtext mspace mrow mfrac msqrt mroot mstyle merror mpadded mphantom msub msup msubsup munder " +
      "mover munderover mmultiscripts mprescripts mtable mtr mtd menclose none semantics",
  );
  const mathAttributes = list(
    "accent accentunder class columnalign columnlines columnspacing columnspan depth display displaystyle fence form " +
      "height largeop linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits " +
      "notation rowlines rowspacing rowspan rspace scriptlevel separator stretchy symmetric voffset width",
  );
  const classes =
    /^(?:table|math|code|copy|host|left|right|center|footnote|sigil|language-.*|hljs-[\w-]+|tml-[\w-]+|wbk-[\w-]+|[\w-]+_)$/;
  const wrong = [];
  const say = (element, what) => wrong.push(`${what} in ${element.outerHTML.slice(0, 160)}`);

  function inspect(element) {
    const name = element.localName;
    const isMath = element.namespaceURI === "http://www.w3.org/1998/Math/MathML";
    const isHtml = element.namespaceURI === "http://www.w3.org/1999/xhtml";
    const attributes = isMath && math.has(name)
      ? mathAttributes
      : isHtml && Object.hasOwn(html, name)
      ? list(html[name])
      : undefined;
    if (attributes === undefined) return say(element, `<${name}>`);
    for (const { name: attribute, value } of element.attributes) {
      if (!attributes.has(attribute)) say(element, `attribute ${attribute}`);
      else if (attribute === "class" && !value.split(/\s+/).every((word) => word === "" || classes.test(word))) {
        say(element, `class ${value}`);
      }
    }
    if (isHtml && name === "a") {
      // ":" is an address that no browser can read, and so follows.
      if (!["http:", "https:", "mailto:", ":"].includes(element.protocol)) say(element, `address ${element.protocol}`);
      if (!/noopener/.test(element.rel) || element.target !== "_blank") {
        say(element, "a link that gives something away");
      }
    }
    for (const child of element.children) inspect(child);
  }

  const items = [...document.querySelectorAll(".messages > li.message")];
  for (const item of items) {
    for (const text of item.querySelectorAll(":scope > .text")) {
      if (item.classList.contains("assistant")) { for (const child of text.children) inspect(child); }
      else if (text.querySelector(":not(.icon, .icon *, .icon + span)") !== null) say(text, "an element");
    }
    if (item.querySelectorAll(":scope > .text").length !== 1) say(item, "not one text");
  }
  if (document.querySelectorAll(".messages").length !== 1) wrong.push("not one list of messages");
  for (
    const element of document.querySelectorAll("iframe, object, embed, base, form[action]:not([action^='/']), style")
  ) {
    if (element.closest("head") === null) say(element, `<${element.localName}>`);
  }
  if (/^owned/.test(document.title)) wrong.push("the title is changed");
  return { wrong, items: items.length };
});
