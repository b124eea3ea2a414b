/** JSON (RFC 8259), read strictly and at most {@link depthMax} deep. */

/** What a value is. */
export enum Kind {
  Null,
  Boolean,
  Number,
  Text,
  Array,
  Object,
}

/** How deep values may be nested. */
export const depthMax = 64;

/** A value. */
export class Json {
  kind: Kind = Kind.Null;
  truth: bool = false;
  /** A text, or a number as it is written. */
  text: string = "";
  /** Names of an object's members, in the order of {@link items}. */
  keys: string[] = [];
  items: Json[] = [];

  static null(): Json {
    return new Json();
  }

  static boolean(truth: bool): Json {
    const made = new Json();
    made.kind = Kind.Boolean;
    made.truth = truth;
    return made;
  }

  /** What isn't finite has no text in JSON: it is null. */
  static number(value: f64): Json {
    const made = new Json();
    if (!isFinite(value)) return made;
    made.kind = Kind.Number;
    const text = value.toString();
    made.text = text.endsWith(".0") ? text.substring(0, text.length - 2) : text;
    return made;
  }

  static of(text: string): Json {
    const made = new Json();
    made.kind = Kind.Text;
    made.text = text;
    return made;
  }

  static array(): Json {
    const made = new Json();
    made.kind = Kind.Array;
    return made;
  }

  static object(): Json {
    const made = new Json();
    made.kind = Kind.Object;
    return made;
  }

  /** @returns null for what isn't JSON. */
  static parse(text: string): Json | null {
    const reader = new Reader(text);
    const value = reader.value(0);
    reader.skipSpace();
    return value !== null && reader.at == text.length ? value : null;
  }

  /** The member of an object; null where there is none, or no object. Of two with one name, the last is meant. */
  get(key: string): Json | null {
    for (let index = this.keys.length - 1; index >= 0; index--) {
      if (this.keys[index] == key) return this.items[index];
    }
    return null;
  }

  /** Adds a member to an object. */
  set(key: string, value: Json): Json {
    this.keys.push(key);
    this.items.push(value);
    return this;
  }

  /** Adds an element to an array. */
  push(value: Json): Json {
    this.items.push(value);
    return this;
  }

  textOf(key: string, otherwise: string = ""): string {
    const found = this.get(key);
    return found !== null && found.kind == Kind.Text ? found.text : otherwise;
  }

  numberOf(key: string, otherwise: f64 = 0): f64 {
    const found = this.get(key);
    return found !== null && found.kind == Kind.Number ? parseFloat(found.text) : otherwise;
  }

  booleanOf(key: string, otherwise: bool = false): bool {
    const found = this.get(key);
    return found !== null && found.kind == Kind.Boolean ? found.truth : otherwise;
  }

  toString(): string {
    const writer = new Writer();
    writer.value(this);
    return writer.toString();
  }
}

/** Text that grows, in memory that doubles: joining parts would copy them again and again. */
class Writer {
  units: StaticArray<u16> = new StaticArray<u16>(256);
  length: i32 = 0;

  /** A piece of a text. */
  put(text: string, from: i32 = 0, to: i32 = text.length): void {
    const count = to - from;
    if (count <= 0) return;
    if (this.length + count > this.units.length) {
      let size = this.units.length * 2;
      while (size < this.length + count) size *= 2;
      const larger = new StaticArray<u16>(size);
      memory.copy(changetype<usize>(larger), changetype<usize>(this.units), <usize>this.length << 1);
      this.units = larger;
    }
    const at = changetype<usize>(this.units) + (<usize>this.length << 1);
    memory.copy(at, changetype<usize>(text) + (<usize>from << 1), <usize>count << 1);
    this.length += count;
  }

  toString(): string {
    return String.UTF16.decodeUnsafe(changetype<usize>(this.units), <usize>this.length << 1);
  }

  value(value: Json): void {
    switch (value.kind) {
      case Kind.Null:
        this.put("null");
        break;
      case Kind.Boolean:
        this.put(value.truth ? "true" : "false");
        break;
      case Kind.Number:
        this.put(value.text);
        break;
      case Kind.Text:
        this.quoted(value.text);
        break;
      default: {
        const isObject = value.kind == Kind.Object;
        this.put(isObject ? "{" : "[");
        for (let index = 0; index < value.items.length; index++) {
          if (index > 0) this.put(",");
          if (isObject) {
            this.quoted(value.keys[index]);
            this.put(":");
          }
          this.value(value.items[index]);
        }
        this.put(isObject ? "}" : "]");
      }
    }
  }

  quoted(text: string): void {
    this.put('"');
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c >= 0x20 && c != 0x22 && c != 0x5c) continue;
      this.put(text, from, at);
      from = at + 1;
      if (c == 0x22) this.put('\\"');
      else if (c == 0x5c) this.put("\\\\");
      else if (c == 0x0a) this.put("\\n");
      else if (c == 0x0d) this.put("\\r");
      else if (c == 0x09) this.put("\\t");
      else this.put("\\u00" + (c < 16 ? "0" : "") + c.toString(16));
    }
    this.put(text, from);
    this.put('"');
  }
}

class Reader {
  at: i32 = 0;

  constructor(readonly text: string) {}

  /** The next character's code; -1 at the end. */
  @inline
  peek(): i32 {
    return this.at < this.text.length ? <i32>load<u16>(changetype<usize>(this.text) + (<usize>this.at << 1)) : -1;
  }

  skipSpace(): void {
    for (let c = this.peek(); c == 0x20 || c == 0x0a || c == 0x0d || c == 0x09; c = this.peek()) this.at++;
  }

  take(c: i32): bool {
    if (this.peek() != c) return false;
    this.at++;
    return true;
  }

  word(word: string): bool {
    for (let index = 0; index < word.length; index++) if (!this.take(word.charCodeAt(index))) return false;
    return true;
  }

  value(depth: i32): Json | null {
    this.skipSpace();
    if (depth > depthMax) return null;
    const c = this.peek();
    if (c == 0x7b || c == 0x5b) return this.items(c == 0x7b, depth);
    if (c == 0x22) {
      const text = this.string();
      return text === null ? null : Json.of(text);
    }
    if (c == 0x74) return this.word("true") ? Json.boolean(true) : null;
    if (c == 0x66) return this.word("false") ? Json.boolean(false) : null;
    if (c == 0x6e) return this.word("null") ? Json.null() : null;
    return this.number();
  }

  items(isObject: bool, depth: i32): Json | null {
    const all = isObject ? Json.object() : Json.array();
    const close = isObject ? 0x7d : 0x5d;
    this.at++;
    this.skipSpace();
    if (this.take(close)) return all;
    while (true) {
      let key: string | null = null;
      if (isObject) {
        this.skipSpace();
        if (this.peek() != 0x22) return null;
        key = this.string();
        if (key === null) return null;
        this.skipSpace();
        if (!this.take(0x3a)) return null;
      }
      const value = this.value(depth + 1);
      if (value === null) return null;
      if (key === null) all.push(value);
      else all.set(key, value);
      this.skipSpace();
      if (this.take(close)) return all;
      if (!this.take(0x2c)) return null;
    }
  }

  string(): string | null {
    this.at++;
    let from = this.at;
    let parts: string[] | null = null;
    while (true) {
      const c = this.peek();
      if (c < 0x20) return null;
      if (c == 0x22) break;
      this.at++;
      if (c != 0x5c) continue;
      if (parts === null) parts = [];
      parts.push(this.text.substring(from, this.at - 1));
      const escaped = this.peek();
      this.at++;
      if (escaped == 0x22 || escaped == 0x5c || escaped == 0x2f) parts.push(String.fromCharCode(escaped));
      else if (escaped == 0x62) parts.push("\b");
      else if (escaped == 0x66) parts.push("\f");
      else if (escaped == 0x6e) parts.push("\n");
      else if (escaped == 0x72) parts.push("\r");
      else if (escaped == 0x74) parts.push("\t");
      else if (escaped == 0x75) {
        const unit = this.hex();
        if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff)) return null;
        parts.push(String.fromCharCode(unit));
        if (unit >= 0xd800 && unit <= 0xdbff) {
          if (!this.word("\\u")) return null;
          const low = this.hex();
          if (low < 0xdc00 || low > 0xdfff) return null;
          parts.push(String.fromCharCode(low));
        }
      } else return null;
      from = this.at;
    }
    const last = this.text.substring(from, this.at);
    this.at++;
    if (parts === null) return last;
    parts.push(last);
    return parts.join("");
  }

  /** Four hexadecimal digits; -1 where they aren't. */
  hex(): i32 {
    let value = 0;
    for (let index = 0; index < 4; index++) {
      const c = this.peek();
      const digit = c >= 0x30 && c <= 0x39
        ? c - 0x30
        : c >= 0x61 && c <= 0x66
        ? c - 0x57
        : c >= 0x41 && c <= 0x46
        ? c - 0x37
        : -1;
      if (digit < 0) return -1;
      value = value * 16 + digit;
      this.at++;
    }
    return value;
  }

  digits(): i32 {
    const from = this.at;
    for (let c = this.peek(); c >= 0x30 && c <= 0x39; c = this.peek()) this.at++;
    return this.at - from;
  }

  number(): Json | null {
    const from = this.at;
    this.take(0x2d);
    const leadsWithZero = this.peek() == 0x30;
    const whole = this.digits();
    if (whole == 0 || (leadsWithZero && whole > 1)) return null;
    if (this.take(0x2e) && this.digits() == 0) return null;
    if (this.take(0x65) || this.take(0x45)) {
      if (!this.take(0x2b)) this.take(0x2d);
      if (this.digits() == 0) return null;
    }
    const made = new Json();
    made.kind = Kind.Number;
    made.text = this.text.substring(from, this.at);
    return made;
  }
}
