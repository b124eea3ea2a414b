/** Days and times of the Gregorian calendar, without leap seconds, from seconds since 1970 in UTC and back. */

/** Days since 1970-01-01. Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil. */
export function daysOf(year: i64, month: i64, day: i64): i64 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

/** `2026-11-27T22:30:00Z`, with milliseconds where there are some. @param offset Minutes east of UTC. */
export function written(ms: i64, offset: i32): string {
  const local = ms + <i64>offset * 60000;
  let day = local / 86400000;
  let rest = local % 86400000;
  if (rest < 0) {
    rest += 86400000;
    day--;
  }
  const z = day + 719468;
  const era = (z >= 0 ? z : z - 146096) / 146097;
  const dayOfEra = z - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const mp = (5 * dayOfYear + 2) / 153;
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const time = `${two(rest / 3600000)}:${two(rest / 60000 % 60)}:${two(rest / 1000 % 60)}`;
  const part = rest % 1000 == 0 ? "" : "." + (rest % 1000).toString().padStart(3, "0");
  const date = `${year.toString().padStart(4, "0")}-${two(month)}-${two(dayOfYear - (153 * mp + 2) / 5 + 1)}`;
  return `${date}T${time}${part}${zone(offset)}`;
}

function zone(offset: i32): string {
  if (offset == 0) return "Z";
  return `${offset < 0 ? "-" : "+"}${two(abs(offset) / 60)}:${two(abs(offset) % 60)}`;
}

function two(value: i64): string {
  return value.toString().padStart(2, "0");
}

/** Reads what {@link written} writes, also with a space for `T`, and without seconds, time or zone. */
export class Reading {
  at: i32 = 0;
  isRead: bool = true;

  constructor(readonly text: string) {}

  /** Milliseconds since 1970; {@link isRead} is false where it isn't a time. */
  ms(): i64 {
    const year = this.digits(4);
    this.take("-");
    const month = this.digits(2);
    this.take("-");
    const day = this.digits(2);
    let ms = daysOf(year, month, day) * 86400000;
    if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) this.isRead = false;
    if (this.comes("T") || this.comes(" ")) ms += this.time();
    if (!this.comes("Z") && this.at < this.text.length) {
      const isWest = this.comes("-");
      if (!isWest) this.take("+");
      const hours = this.digits(2);
      this.comes(":");
      const minutes = this.digits(2);
      if (hours > 14 || minutes > 59) this.isRead = false;
      ms += (isWest ? 1 : -1) * (hours * 60 + minutes) * 60000;
    }
    if (this.at < this.text.length) this.isRead = false;
    return ms;
  }

  time(): i64 {
    const hours = this.digits(2);
    this.take(":");
    const minutes = this.digits(2);
    let seconds: i64 = 0;
    let part: i64 = 0;
    if (this.comes(":")) {
      seconds = this.digits(2);
      if (this.comes(".")) part = this.digits(3);
    }
    if (hours > 23 || minutes > 59 || seconds > 59) this.isRead = false;
    return (hours * 3600 + minutes * 60 + seconds) * 1000 + part;
  }

  comes(sign: string): bool {
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at++;
    return true;
  }

  take(sign: string): void {
    if (!this.comes(sign)) this.isRead = false;
  }

  digits(count: i32): i64 {
    let value: i64 = 0;
    for (let index = 0; index < count; index++) {
      const c = this.at < this.text.length ? this.text.charCodeAt(this.at) : 0;
      if (c < 0x30 || c > 0x39) this.isRead = false;
      value = value * 10 + (c - 0x30);
      this.at++;
    }
    return value;
  }
}

function daysIn(year: i64, month: i64): i64 {
  const next = month == 12 ? daysOf(year + 1, 1, 1) : daysOf(year, month + 1, 1);
  return next - daysOf(year, month, 1);
}
